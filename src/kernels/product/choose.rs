//! Which variant of a product's kernel runs: the one that is insisted on, else the one that was measured to be the fastest
//! on this adapter for this class of shapes, else the one that experience suggests.

use crate::gpu::{Gpu, Kernel};

use super::{Storage, matmul_f16, matmul_f32, weight_only};

/// Which of the three products of a linear layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// `Y = X W^T`
    Forward,
    /// `dX = dY W`
    InputGradient,
    /// `dW = dY^T X`
    WeightGradient,
}

/// One way to compute a product: an entry point of the kernel's file.
pub(super) struct Variant {
    /// `v1`, `rows`, `row`, `slim`, `regs`, `floats`, `tiles`, `written`; what [`Gpu::force_variant`] takes.
    pub name: &'static str,
    pub kernel: Kernel,
    /// Rows and columns of the result that one workgroup computes.
    pub tile: (usize, usize),
}

impl Variant {
    /// Whether it reads single values, so that operands need no padding.
    pub(super) fn is_plain(&self) -> bool {
        self.name == PLAINEST
    }

    /// Workgroups that cover a result; the kernel counts columns of tiles first.
    pub(super) fn workgroups(&self, rows: usize, cols: usize) -> u64 {
        rows.div_ceil(self.tile.0) as u64 * cols.div_ceil(self.tile.1) as u64
    }
}

/// The first rung of every ladder: there to be understood, not to win.
pub(super) const PLAINEST: &str = "v1";

/// Rows of the result up to which one pass over the weights decides, not arithmetic.
const FEW_ROWS: usize = 8;

/// The class of shapes that shares a choice: by rows of the result, because they decide how often a weight that was read
/// is used.
fn class(m: usize) -> &'static str {
    match m {
        1 => "1",
        2..=FEW_ROWS => "8",
        9..=64 => "64",
        _ => "many",
    }
}

/// What a choice is remembered under: `matmul_f32 forward 64`.
pub(super) fn kind(kernel: &str, pass: Pass, m: usize) -> String {
    let pass = match pass {
        Pass::Forward => "forward",
        Pass::InputGradient => "input_gradient",
        Pass::WeightGradient => "weight_gradient",
    };
    format!("{kernel} {pass} {}", class(m))
}

/// What is used where nothing was measured, the best that a kernel has first: on a processor barriers are dear, on a GPU
/// reading twice is.
fn rule(gpu: &Gpu, m: usize) -> &'static [&'static str] {
    match (m, gpu.is_software()) {
        (1, true) => &["row", "slim", "regs"],
        (2..=FEW_ROWS, true) => &["slim", "regs"],
        (1..=FEW_ROWS, false) => &["rows", "tiles"],
        (_, true) => &["floats", "written", "regs"],
        (_, false) => &["tiles"],
    }
}

/// The variant to use for a result of `m` rows.
pub(super) fn choose(gpu: &Gpu, kernel: &str, pass: Pass, m: usize, all: &'static [Variant]) -> &'static Variant {
    let find = |name: &str| all.iter().find(|v| v.name == name);
    let wanted = |name: Option<String>| name.as_deref().and_then(find);
    wanted(gpu.forced_variant(kernel))
        .or_else(|| wanted(gpu.choice(&kind(kernel, pass, m))))
        .or_else(|| rule(gpu, m).iter().find_map(|name| find(name)))
        .unwrap_or(&all[all.len() - 1])
}

/// The variants that products of any size use on this adapter now.
pub(super) fn in_use(gpu: &Gpu, storage: Storage, pass: Pass) -> Vec<&'static str> {
    let mut names = Vec::new();
    // One number of rows of every class.
    for m in [1, FEW_ROWS, 64, 256] {
        let name = choose(gpu, storage.kernel(), pass, m, table(storage, pass)).name;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The variant of a kernel whose shapes are all of one class: the one that is insisted on, else the one that was measured,
/// else the first of `rule` on a processor and the second on a GPU.
pub(super) fn choose_by_rule(
    gpu: &Gpu,
    kernel: &str,
    all: &'static [Variant],
    rule: [&'static str; 2],
) -> &'static Variant {
    let find = |name: &str| all.iter().find(|v| v.name == name);
    let wanted = gpu.forced_variant(kernel).or_else(|| gpu.choice(kernel));
    let usual = rule[usize::from(!gpu.is_software())];
    wanted.as_deref().and_then(find).or_else(|| find(usual)).unwrap_or(&all[all.len() - 1])
}

/// The variants of a product, the plainest first; what [`Gpu::force_variant`] takes for [`Storage::kernel`].
pub fn variants(storage: Storage, pass: Pass) -> Vec<&'static str> {
    table(storage, pass).iter().map(|v| v.name).collect()
}

/// The entry point that a product of `m` rows uses now, or that the variant `name` stands for.
pub fn chosen(gpu: &Gpu, storage: Storage, pass: Pass, m: usize, name: Option<&str>) -> &'static str {
    let all = table(storage, pass);
    let named = name.and_then(|name| all.iter().find(|v| v.name == name));
    named.unwrap_or_else(|| choose(gpu, storage.kernel(), pass, m, all)).kernel.entry
}

/// The entry point that the variant `name` stands for; empty if there is none of that name.
pub fn entry_of(storage: Storage, pass: Pass, name: &str) -> &'static str {
    table(storage, pass).iter().find(|v| v.name == name).map_or("", |v| v.kernel.entry)
}

fn table(storage: Storage, pass: Pass) -> &'static [Variant] {
    match storage {
        Storage::F32 => matmul_f32::variants(pass),
        Storage::F16 => matmul_f16::variants(pass),
        Storage::Int8 { .. } | Storage::W8a8 { .. } | Storage::Int4 { .. } | Storage::Nf4 { .. } => {
            weight_only::variants(storage, pass)
        }
    }
}
