//! Which thread reads what: the tile sizes of a version, read out of its text, and what follows from them.

use super::shelf::lines_of;

/// How a version of a product cuts its work. `Y [M, N] = X [M, K] W [N, K]^T`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reads {
    /// Threads of a workgroup along N and along M.
    pub(super) threads: (usize, usize),
    /// Values of Y that one thread computes, along N and along M.
    pub(super) each: (usize, usize),
    /// Threads that share the sum of one value: each takes every so many-th k.
    pub(super) lanes: usize,
    /// The workgroup reads each value once and keeps it in its memory.
    pub(super) shared: bool,
}

impl Reads {
    /// Values of Y that one workgroup computes, along N and along M.
    pub(super) fn tile(&self) -> (usize, usize) {
        (self.threads.0 / self.lanes * self.each.0, self.threads.1 * self.each.1)
    }

    /// Values that are read from the device's memory for each product of two of them.
    pub(super) fn reads_per_product(&self) -> f64 {
        let (n, m) = if self.shared { self.tile() } else { self.each };
        (n + m) as f64 / (n * m) as f64
    }
}

/// The number after `name ... =` in a declaration of a constant or an override.
fn constant(text: &str, name: &str) -> Option<usize> {
    let declared = |line: &str| {
        let rest = line.strip_prefix("const ").or_else(|| line.strip_prefix("override "))?.trim_start();
        let rest = rest.strip_prefix(name)?;
        let (_, value) = rest.starts_with([':', ' ', '=']).then(|| rest.split_once('='))??;
        value.trim().trim_end_matches([';', 'u', 'i']).parse().ok()
    };
    text.lines().find_map(|line| declared(line.trim()))
}

/// A number or the name of a constant.
fn value(text: &str, words: &str) -> Option<usize> {
    let words = words.trim();
    let number = words.trim_end_matches(['u', 'i']).parse().ok().or_else(|| constant(text, words));
    number.filter(|n| *n > 0)
}

/// `@workgroup_size(16, 8)` in the lines of an entry point.
fn workgroup(text: &str, body: &str) -> Option<(usize, usize)> {
    let inside = body.split_once("@workgroup_size(")?.1.split_once(')')?.0;
    let mut sizes = inside.split(',').map(|s| value(text, s));
    Some((sizes.next()??, sizes.next().unwrap_or(Some(1))?))
}

/// The lines of an entry point.
fn body(text: &str, entry: &str) -> String {
    let lines = lines_of(text, entry);
    text.lines().skip(lines.start).take(lines.len()).collect::<Vec<_>>().join("\n")
}

/// The workgroup's tile of the result, rows and columns: every product says it as `tile_origin(id, count, ROWS, COLS)`.
fn tile_of(text: &str, body: &str) -> Option<(usize, usize)> {
    let arguments = body.split_once("tile_origin(")?.1.split_once(')')?.0;
    let mut last = arguments.rsplit(',').map(|a| value(text, a));
    let (cols, rows) = (last.next()??, last.next()??);
    Some((rows, cols))
}

/// How an entry point of a product reads; `None` where its text does not say.
pub(super) fn of(text: &str, entry: &str) -> Option<Reads> {
    let body = body(text, entry);
    let threads = workgroup(text, &body)?;
    let (rows, cols) = tile_of(text, &body)?;
    let waits = body.contains("workgroupBarrier()");
    if rows * cols < threads.0 * threads.1 {
        // More threads than results: they share each sum.
        let lanes = threads.0 * threads.1;
        return waits.then_some(Reads { threads: (lanes, 1), each: (cols, rows), lanes, shared: false });
    }
    let each = (cols / threads.0, rows / threads.1);
    let fits = each.0 * threads.0 == cols && each.1 * threads.1 == rows;
    fits.then_some(Reads { threads, each, lanes: 1, shared: waits })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "const LANES: u32 = 64u;\nconst LANES_OF: u32 = 3u;\n\
        @compute @workgroup_size(8, 4)\nfn matmul_f32_v1() {\n    let o = tile_origin(id, count, 4u, 8u);\n}\n\
        @compute @workgroup_size(16, 8)\nfn matmul_f32_tiles() {\n    let o = tile_origin(id, count, 64u, LANES);\n    \
        workgroupBarrier();\n}\n\
        @compute\n@workgroup_size(LANES)\nfn matmul_f32_rows() {\n    tile_origin(id, count, 1u, 4u);\n    workgroupBarrier();\n}\n\
        @compute @workgroup_size(64)\nfn quantize() {\n}\n";

    #[test]
    fn sizes_are_read_out_of_the_text() {
        assert_eq!(of(TEXT, "matmul_f32_v1"), Some(Reads { threads: (8, 4), each: (1, 1), lanes: 1, shared: false }));
        let tiles = of(TEXT, "matmul_f32_tiles").unwrap();
        assert_eq!(tiles, Reads { threads: (16, 8), each: (4, 8), lanes: 1, shared: true });
        assert_eq!(tiles.tile(), (64, 64));
        let rows = of(TEXT, "matmul_f32_rows").unwrap();
        assert_eq!(rows, Reads { threads: (64, 1), each: (4, 1), lanes: 64, shared: false });
        assert_eq!(of(TEXT, "quantize"), None);
        assert_eq!(of(TEXT, "absent"), None);
    }

    #[test]
    fn a_tile_saves_reads() {
        let naive = of(TEXT, "matmul_f32_v1").unwrap();
        assert_eq!(naive.reads_per_product(), 2.0);
        assert!(of(TEXT, "matmul_f32_tiles").unwrap().reads_per_product() < 0.04);
    }
}
