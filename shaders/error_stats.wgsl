// error_stats: what each row or each column lost.
//
//   with e = w_hat - w, over one line:  sum e^2, max |e|, sum w^2, sum w w_hat, sum w_hat^2
//
// Memory layout
//   weights, restored  f32 [rows * cols], row-major
//   stats              f32 [parts * 5], the five numbers of each part
//     rows:    part = row * chunks + chunk, a chunk is `chunk` columns
//     columns: part = chunk * cols + column, a chunk is `chunk` rows
//   The host adds the chunks of a line in f64.
//
// Version ladder
//   v1 one invocation a line: uncoalesced for rows
//   v2 (this one) rows: LANES invocations share a part and add up in a tree; columns: neighbouring invocations take
//      neighbouring columns, so reads coalesce without any sharing
//
// Limits
//   64 invocations a workgroup, 1.25 KiB of workgroup memory; sums in f32, at most chunk / LANES + log2(LANES) deep.
// Source: the definitions of MSE, SQNR and cosine similarity in terms of these sums, see math::error_stats.

struct Params {
    rows: u32,
    cols: u32,
    chunk: u32,
    chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> restored: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<f32>;

const WIDTH: u32 = 64u;
// Invocations that share one part of a row: a power of two, at most WIDTH.
override LANES: u32 = 64u;

struct Stats {
    sum_sq_error: f32,
    max_abs_error: f32,
    sum_sq: f32,
    dot: f32,
    sum_sq_hat: f32,
}

var<workgroup> shared_stats: array<Stats, WIDTH>;

fn add(a: Stats, b: Stats) -> Stats {
    return Stats(
        a.sum_sq_error + b.sum_sq_error,
        max(a.max_abs_error, b.max_abs_error),
        a.sum_sq + b.sum_sq,
        a.dot + b.dot,
        a.sum_sq_hat + b.sum_sq_hat,
    );
}

fn stats_of(i: u32) -> Stats {
    let w = weights[i];
    let w_hat = restored[i];
    let e = w_hat - w;
    return Stats(e * e, abs(e), w * w, w * w_hat, w_hat * w_hat);
}

fn write_stats(part: u32, s: Stats) {
    stats[part * 5u] = s.sum_sq_error;
    stats[part * 5u + 1u] = s.max_abs_error;
    stats[part * 5u + 2u] = s.sum_sq;
    stats[part * 5u + 3u] = s.dot;
    stats[part * 5u + 4u] = s.sum_sq_hat;
}

@compute @workgroup_size(64)
fn error_stats_rows(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = part < params.rows * params.chunks;
    var sum = Stats(0.0, 0.0, 0.0, 0.0, 0.0);
    if valid {
        let row = part / params.chunks;
        let begin = (part - row * params.chunks) * params.chunk;
        let end = min(begin + params.chunk, params.cols);
        for (var col = begin + lane; col < end; col += LANES) {
            sum = add(sum, stats_of(row * params.cols + col));
        }
    }
    shared_stats[local] = sum;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            sum = add(sum, shared_stats[local + step]);
            shared_stats[local] = sum;
        }
        workgroupBarrier();
    }
    if lane == 0u && valid {
        write_stats(part, sum);
    }
}

@compute @workgroup_size(64)
fn error_stats_columns(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = (id.x + id.y * count.x) * WIDTH + local;
    if part >= params.cols * params.chunks {
        return;
    }
    let chunk = part / params.cols;
    let col = part - chunk * params.cols;
    let end = min((chunk + 1u) * params.chunk, params.rows);
    var sum = Stats(0.0, 0.0, 0.0, 0.0, 0.0);
    for (var row = chunk * params.chunk; row < end; row++) {
        sum = add(sum, stats_of(row * params.cols + col));
    }
    write_stats(part, sum);
}
