// top_k: the k largest numbers of every row with their places, largest first; of equal ones the first come first.
//
// A row is cut into chunks; each gives its best k, in order. The host runs the kernel again on what the chunks gave, until
// one chunk is left. No candidate can be lost: what is not among the best k of its chunk is not among the best k at all.
//
// Numbers are compared as integers that have the same order: positive floats by their bits, negative ones by the bits
// turned over. -0 counts as 0, and NaN as the smallest of all.
//
// Memory layout
//   words   pairs = 0: f32 [rows * count], as bits; a place in the row is the index
//           pairs = 1: (bits, index) [rows * count], as this kernel wrote them: in order, so that of equal numbers the
//           one with the lower index has the lower place
//   result  (bits, index) [rows * kept], kept = (chunks - 1) k + min(k, length of the last chunk)
//
// Version ladder
//   v1 one invocation a chunk, with a sorted list of its own: no barrier; best on a software renderer
//   v2 (top_k) one workgroup a chunk: finds the k-th largest digit by digit, 256 buckets at a time (radix select), then
//      collects what is not smaller and ranks it. Four digits of the number, then two of the place to part equal ones
//
// Limits
//   64 invocations a workgroup, 2.3 KiB of workgroup memory; k at most 64, chunk at most 65536, rows * count below 2^31.
// Source: Alabi et al. 2012, "Fast k-selection algorithms for graphics processing units", ACM JEA 17 (radix select).

struct Params {
    rows: u32,
    count: u32,
    k: u32,
    chunk: u32,
    chunks: u32,
    kept: u32,
    pairs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const WIDTH: u32 = 64u;
const MAX_K: u32 = 64u;
const LAST_PLACE: u32 = 0xFFFFu;

fn bits_at(place: u32) -> u32 {
    return words[select(place, place * 2u, params.pairs == 1u)];
}

// An integer that orders as the number does.
fn key_from_bits(bits: u32) -> u32 {
    let magnitude = bits & 0x7FFFFFFFu;
    if magnitude > 0x7F800000u {
        return 0u;
    }
    if magnitude == 0u {
        return 0x80000000u;
    }
    return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

// Writes the number at place `place` of the row as number `rank` of a part.
fn write_pair(part: u32, rank: u32, place: u32) {
    let row = part / params.chunks;
    let base = row * params.count + place;
    let to = (row * params.kept + (part - row * params.chunks) * params.k + rank) * 2u;
    result[to] = bits_at(base);
    if params.pairs == 1u {
        result[to + 1u] = words[base * 2u + 1u];
    } else {
        result[to + 1u] = place;
    }
}

@compute @workgroup_size(64)
fn top_k_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = (id.x + id.y * count.x) * WIDTH + local;
    if part >= params.rows * params.chunks {
        return;
    }
    let row = part / params.chunks;
    let begin = (part - row * params.chunks) * params.chunk;
    let end = min(begin + params.chunk, params.count);
    var best_keys: array<u32, MAX_K>;
    var best_places: array<u32, MAX_K>;
    var found = 0u;
    var lowest = 0u;
    for (var place = begin; place < end; place++) {
        let key = key_from_bits(bits_at(row * params.count + place));
        if found == params.k && key <= lowest {
            continue;
        }
        // Behind those that are not smaller: of equal ones the first stay first.
        var at = min(found, params.k - 1u);
        while at > 0u && best_keys[at - 1u] < key {
            best_keys[at] = best_keys[at - 1u];
            best_places[at] = best_places[at - 1u];
            at--;
        }
        best_keys[at] = key;
        best_places[at] = place;
        found = min(found + 1u, params.k);
        lowest = best_keys[found - 1u];
    }
    for (var rank = 0u; rank < found; rank++) {
        write_pair(part, rank, best_places[rank]);
    }
}

const BUCKETS: u32 = 256u;
const BUCKETS_EACH: u32 = 4u;
// Four digits of the key and two of the place.
const DIGITS: u32 = 6u;

var<workgroup> shared_counts: array<atomic<u32>, BUCKETS>;
var<workgroup> shared_parts: array<u32, WIDTH>;
var<workgroup> shared_digit: u32;
var<workgroup> shared_above: u32;
var<workgroup> shared_found: atomic<u32>;
var<workgroup> shared_keys: array<u32, MAX_K>;
var<workgroup> shared_places: array<u32, MAX_K>;

// Digit `digit` of what is compared: the key first, then the place, turned over so that the first place is the largest.
fn digit_of(key: u32, place: u32, digit: u32) -> u32 {
    if digit < 4u {
        return (key >> (24u - 8u * digit)) & 255u;
    }
    return ((LAST_PLACE - place) >> (40u - 8u * digit)) & 255u;
}

@compute @workgroup_size(64)
fn top_k(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = id.x + id.y * count.x;
    if part >= params.rows * params.chunks {
        return;
    }
    let row = part / params.chunks;
    let begin = (part - row * params.chunks) * params.chunk;
    let length = min(params.chunk, params.count - begin);
    let base = row * params.count + begin;
    let wanted = min(params.k, length);
    // What the k-th largest begins with, as far as it is known, and how many of the k begin like that.
    var known_key = 0u;
    var known_place = 0u;
    var left = wanted;
    for (var digit = 0u; digit < DIGITS; digit++) {
        for (var b = local; b < BUCKETS; b += WIDTH) {
            atomicStore(&shared_counts[b], 0u);
        }
        workgroupBarrier();
        let key_mask = select(0xFFFFFFFFu, ~(0xFFFFFFFFu >> (8u * digit)), digit < 4u);
        let place_mask = select(0u, 0xFF00u, digit == 5u);
        for (var i = local; i < length; i += WIDTH) {
            let key = key_from_bits(bits_at(base + i));
            let place = LAST_PLACE - i;
            if (key & key_mask) == known_key && (place & place_mask) == known_place {
                atomicAdd(&shared_counts[digit_of(key, i, digit)], 1u);
            }
        }
        workgroupBarrier();
        // Each invocation has four buckets, the first one the largest four.
        let top = BUCKETS - 1u - local * BUCKETS_EACH;
        var mine = 0u;
        for (var b = 0u; b < BUCKETS_EACH; b++) {
            mine += atomicLoad(&shared_counts[top - b]);
        }
        shared_parts[local] = mine;
        workgroupBarrier();
        var above = 0u;
        for (var other = 0u; other < local; other++) {
            above += shared_parts[other];
        }
        if above < left && left <= above + mine {
            var b = 0u;
            var here = atomicLoad(&shared_counts[top]);
            while above + here < left {
                above += here;
                b++;
                here = atomicLoad(&shared_counts[top - b]);
            }
            shared_digit = top - b;
            shared_above = above;
        }
        workgroupBarrier();
        left -= shared_above;
        if digit < 4u {
            known_key |= shared_digit << (24u - 8u * digit);
        } else {
            known_place |= shared_digit << (40u - 8u * digit);
        }
        workgroupBarrier();
    }
    if local == 0u {
        atomicStore(&shared_found, 0u);
    }
    workgroupBarrier();
    for (var i = local; i < length; i += WIDTH) {
        let key = key_from_bits(bits_at(base + i));
        let place = LAST_PLACE - i;
        if key > known_key || (key == known_key && place >= known_place) {
            let slot = atomicAdd(&shared_found, 1u);
            if slot < MAX_K {
                shared_keys[slot] = key;
                shared_places[slot] = i;
            }
        }
    }
    workgroupBarrier();
    if local < wanted {
        let key = shared_keys[local];
        let place = shared_places[local];
        var rank = 0u;
        for (var other = 0u; other < wanted; other++) {
            let better = shared_keys[other] > key || (shared_keys[other] == key && shared_places[other] < place);
            rank += select(0u, 1u, better);
        }
        write_pair(part, rank, begin + place);
    }
}
