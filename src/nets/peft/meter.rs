//! Memory that is held: on the processor everything that this program has allocated, on the device our buffers and burn's.

use std::cell::Cell;

use burn::backend::Cube;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::MemoryScope;
use burn::tensor::Tensor;
use peak_alloc::PeakAlloc;

use crate::nets::Place;
use crate::protocol::LabError;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Reads how much memory a tier holds.
pub struct Meter {
    place: Place,
    /// A small tensor, through which burn's device is asked.
    probe: Option<CubeTensor>,
    /// On the device, the most that a reading gave.
    highest: Cell<u64>,
}

impl Meter {
    /// A meter of this tier.
    ///
    /// # Errors
    /// As [`Place::device`].
    pub fn new(place: &Place) -> Result<Meter, LabError> {
        let probe = match place {
            Place::Cpu => None,
            Place::Gpu(_) => Tensor::<1>::zeros([1], &place.device()?).try_into_primitive::<Cube>().ok(),
        };
        Ok(Meter { place: place.clone(), probe, highest: Cell::new(0) })
    }

    /// Bytes held now.
    pub fn held(&self) -> u64 {
        match &self.place {
            Place::Cpu => ALLOCATED.current_usage() as u64,
            Place::Gpu(gpu) => {
                let report = |probe: &CubeTensor| probe.client.memory_report(MemoryScope::Device).usage().bytes_in_use;
                let all = gpu.ledger().live_bytes() + self.probe.as_ref().map_or(0, report);
                self.highest.set(self.highest.get().max(all));
                all
            }
        }
    }

    /// The most bytes held since [`Meter::begin`]: exactly on the processor, between readings on the device.
    pub fn highest(&self) -> u64 {
        match self.place {
            Place::Cpu => ALLOCATED.peak_usage() as u64,
            Place::Gpu(_) => self.highest.get(),
        }
    }

    /// Forgets the highest.
    pub fn begin(&self) {
        ALLOCATED.reset_peak_usage();
        self.highest.set(0);
    }
}
