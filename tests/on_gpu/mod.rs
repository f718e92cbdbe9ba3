//! One device for all tests of a file; it lives on its own thread because a `Gpu` does not cross threads.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};

use afina::gpu::{Gpu, PowerPreference, Wanted};
use pollster::block_on;

type Job = Box<dyn FnOnce(&Rc<Gpu>) + Send>;

/// Runs a test on the device that all tests share.
pub fn on_gpu(test: impl FnOnce(&Rc<Gpu>) + Send + 'static) {
    static JOBS: OnceLock<Mutex<Sender<Job>>> = OnceLock::new();
    let jobs = JOBS.get_or_init(|| {
        let (sender, receiver) = channel::<Job>();
        std::thread::spawn(move || {
            let gpu = Rc::new(open(&Wanted::new(PowerPreference::HighPerformance)));
            receiver.iter().for_each(|job| job(&gpu));
        });
        Mutex::new(sender)
    });
    let (done, outcome) = channel();
    let job: Job = Box::new(move |gpu| {
        gpu.forced_lanes.set(None);
        let result = catch_unwind(AssertUnwindSafe(|| test(gpu)));
        let _ = done.send(result);
    });
    jobs.lock().expect("no test panics while it holds the queue").send(job).expect(NO_ADAPTER);
    if let Err(panic) = outcome.recv().expect(NO_ADAPTER) {
        resume_unwind(panic);
    }
}

pub const NO_ADAPTER: &str =
    "no GPU adapter was found: install a Vulkan driver (Debian: apt-get install mesa-vulkan-drivers)";

/// Opens a device of its own.
pub fn open(wanted: &Wanted) -> Gpu {
    block_on(Gpu::open_as(wanted)).unwrap_or_else(|error| panic!("{NO_ADAPTER}: {error}"))
}
