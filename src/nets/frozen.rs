//! A frozen weight that burn's graphs can refer to: quantized or not, on the device or on the processor.
//!
//! burn wants what a graph remembers to be `Send`, and our device handles are not. So a graph carries a number, and the
//! weight is looked up on the thread that computes; burn runs backward passes on the thread that asks for them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::gpu::Gpu;
use crate::kernels::product::{Pass, Storage, Weights, held_weights, prepare, prepare_lora, upload_weights};
use crate::kernels::shape_error;
use crate::math::{FastStorage, FastWeights, f16_without_subnormals};
use crate::protocol::LabError;

type OnGpu = (Rc<Gpu>, Rc<Weights>);

thread_local! {
    static ON_GPU: RefCell<HashMap<u64, OnGpu>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// The number of a weight on the device; the last one to be dropped frees it.
struct Ticket(u64);

impl Drop for Ticket {
    fn drop(&mut self) {
        // A thread that is ending has no table any more. What is taken out is dropped after the table is given back.
        let _taken = ON_GPU.try_with(|table| table.try_borrow_mut().ok().and_then(|mut table| table.remove(&self.0)));
    }
}

#[derive(Clone)]
enum Kept {
    Gpu(Arc<Ticket>),
    Cpu(Arc<FastWeights>),
}

/// A frozen weight `[N, K]` for [`super::linear`] and [`super::lora_linear`]; clones share it.
///
/// Use it on the thread that made it.
#[derive(Clone)]
pub struct FrozenWeights {
    /// `N`, outputs.
    pub rows: usize,
    /// `K`, inputs.
    pub cols: usize,
    pub storage: Storage,
    kept: Kept,
}

impl fmt::Debug for FrozenWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrozenWeights [{}, {}] {:?}", self.rows, self.cols, self.storage)
    }
}

impl FrozenWeights {
    /// Puts a weight on the device, in the wanted storage.
    ///
    /// # Shapes
    /// `w [rows * cols]`
    /// # Errors
    /// As [`upload_weights`].
    pub fn on_gpu(
        gpu: &Rc<Gpu>,
        w: &[f32],
        (rows, cols): (usize, usize),
        storage: Storage,
    ) -> Result<FrozenWeights, LabError> {
        let weights = upload_weights(gpu, w, rows, cols, storage)?;
        let number = NEXT.replace(NEXT.get() + 1);
        ON_GPU.with_borrow_mut(|table| table.insert(number, (gpu.clone(), Rc::new(weights))));
        Ok(FrozenWeights { rows, cols, storage, kept: Kept::Gpu(Arc::new(Ticket(number))) })
    }

    /// Keeps a weight in memory, for burn's `flex` backend: the same numbers as on the device.
    ///
    /// # Shapes
    /// `w [rows * cols]`
    /// # Errors
    /// [`LabError::Shape`]; [`LabError::Unknown`] for a group that is not 32, 64 or 128; [`LabError::OutOfMemory`].
    pub fn on_cpu(w: &[f32], (rows, cols): (usize, usize), storage: Storage) -> Result<FrozenWeights, LabError> {
        if w.is_empty() || rows.checked_mul(cols) != Some(w.len()) {
            let (expected, got) = (format!("[{rows}, {cols}], not empty"), w.len().to_string());
            return Err(shape_error("FrozenWeights", expected, got));
        }
        if let Storage::Int8 { group, .. }
        | Storage::W8a8 { group }
        | Storage::Int4 { group, .. }
        | Storage::Nf4 { group, .. } = storage
            && !matches!(group, 32 | 64 | 128)
        {
            return Err(LabError::Unknown { field: "group".into(), got: group.to_string() });
        }
        let pack = |w: &[f32], storage| {
            let bytes = size_of_val(w) as u64;
            FastWeights::pack(w, rows, cols, storage).ok_or(LabError::OutOfMemory { requested_bytes: bytes })
        };
        let small = |group: usize| group as u32;
        let kept = match storage {
            Storage::F32 => pack(w, FastStorage::F32),
            // The device holds no subnormal numbers.
            Storage::F16 => pack(&w.iter().map(|&w| f16_without_subnormals(w)).collect::<Vec<_>>(), FastStorage::F16),
            Storage::Int8 { group, asymmetric } => pack(w, FastStorage::Int8 { group: small(group), asymmetric }),
            Storage::W8a8 { group } => pack(w, FastStorage::W8a8 { group: small(group) }),
            Storage::Int4 { group, asymmetric, half_scales: false } => {
                pack(w, FastStorage::Int4 { group: small(group), asymmetric })
            }
            // The CPU tier has no f16 scales; it keeps the numbers that they give.
            Storage::Int4 { half_scales: true, .. } => pack(&held_weights(w, rows, cols, storage)?.0, FastStorage::F32),
            Storage::Nf4 { group, double } => pack(w, FastStorage::Nf4 { group: small(group), double }),
        };
        Ok(FrozenWeights { rows, cols, storage, kept: Kept::Cpu(Arc::new(kept?)) })
    }

    /// Measures, where that was not done yet, which variants of our kernels are the fastest on this device for `m` rows of
    /// inputs and an update of rank `r` (0: none); in memory there is nothing to choose.
    ///
    /// # Errors
    /// Those of the products.
    pub async fn prepare(&self, m: usize, r: usize) -> Result<(), LabError> {
        let Kept::Gpu(_) = self.kept else { return Ok(()) };
        let (gpu, _) = self.gpu()?;
        for pass in [Pass::Forward, Pass::InputGradient] {
            prepare(&gpu, self.storage, pass, m, self.rows, self.cols).await?;
        }
        if r > 0 { prepare_lora(&gpu, m, self.cols, r).await } else { Ok(()) }
    }

    /// The weight on the device.
    ///
    /// # Errors
    /// [`LabError::NoGpu`] if it is in memory, or on the device of another thread.
    pub(super) fn gpu(&self) -> Result<OnGpu, LabError> {
        let found = match &self.kept {
            Kept::Gpu(ticket) => ON_GPU.with_borrow(|table| table.get(&ticket.0).cloned()),
            Kept::Cpu(_) => None,
        };
        found.ok_or_else(|| LabError::NoGpu { message: "the weight is not on this thread's device".into() })
    }

    /// The weight in memory.
    ///
    /// # Errors
    /// [`LabError::Shape`] if it is on a device.
    pub(super) fn cpu(&self) -> Result<&FastWeights, LabError> {
        match &self.kept {
            Kept::Cpu(weights) => Ok(weights),
            Kept::Gpu(_) => Err(LabError::Shape {
                operation: "linear".into(),
                expected: "inputs on the weight's device".into(),
                got: "inputs in memory".into(),
            }),
        }
    }
}
