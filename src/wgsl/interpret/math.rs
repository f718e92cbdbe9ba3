//! The builtin functions on words: f32 arithmetic as f32, integers wrapping, as WGSL defines them.

use half::f16;
use naga::{MathFunction as M, ScalarKind as K};

use super::code::{MathCall, Op, Un};

fn f(bits: u32) -> f32 {
    f32::from_bits(bits)
}

fn from(condition: bool) -> u32 {
    u32::from(condition)
}

/// One word of a binary operation.
#[inline(always)]
pub fn binary(op: Op, a: u32, b: u32) -> u32 {
    let float = |v: f32| v.to_bits();
    match op {
        Op::AddF => float(f(a) + f(b)),
        Op::SubF => float(f(a) - f(b)),
        Op::MulF => float(f(a) * f(b)),
        Op::DivF => float(f(a) / f(b)),
        Op::RemF => float(f(a) % f(b)),
        Op::AddI => a.wrapping_add(b),
        Op::SubI => a.wrapping_sub(b),
        Op::MulI => a.wrapping_mul(b),
        // WGSL: dividing by zero gives the dividend, the remainder is then 0.
        Op::DivI => {
            if b == 0 {
                a
            } else {
                (a as i32).wrapping_div(b as i32) as u32
            }
        }
        Op::DivU => a.checked_div(b).unwrap_or(a),
        Op::RemI => {
            if b == 0 {
                0
            } else {
                (a as i32).wrapping_rem(b as i32) as u32
            }
        }
        Op::RemU => a.checked_rem(b).unwrap_or(0),
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl => a.wrapping_shl(b),
        Op::ShrI => (a as i32).wrapping_shr(b) as u32,
        Op::ShrU => a.wrapping_shr(b),
        Op::EqF => from(f(a) == f(b)),
        Op::NeF => from(f(a) != f(b)),
        Op::LtF => from(f(a) < f(b)),
        Op::LeF => from(f(a) <= f(b)),
        Op::EqI => from(a == b),
        Op::NeI => from(a != b),
        Op::LtI => from((a as i32) < (b as i32)),
        Op::LeI => from((a as i32) <= (b as i32)),
        Op::LtU => from(a < b),
        Op::LeU => from(a <= b),
    }
}

/// One word of a unary operation; conversions saturate.
#[inline(always)]
pub fn unary(op: Un, a: u32) -> u32 {
    match op {
        Un::NegF => (-f(a)).to_bits(),
        Un::NegI => a.wrapping_neg(),
        Un::NotBits => !a,
        Un::NotBool => from(a == 0),
        Un::FloatToSint => f(a) as i32 as u32,
        Un::FloatToUint => f(a) as u32,
        Un::SintToFloat => (a as i32 as f32).to_bits(),
        Un::UintToFloat => (a as f32).to_bits(),
        Un::FloatToBool => from(f(a) != 0.0),
        Un::IntToBool => from(a != 0),
        Un::BoolToFloat => f32::from(u8::from(a != 0)).to_bits(),
    }
}

/// Rounds half to even, as WGSL does.
fn round_even(v: f32) -> f32 {
    v.round_ties_even()
}

/// A function of one float.
fn float_of_one(fun: M, x: f32) -> Option<f32> {
    Some(match fun {
        M::Abs => x.abs(),
        M::Saturate => x.clamp(0.0, 1.0),
        M::Cos => x.cos(),
        M::Cosh => x.cosh(),
        M::Sin => x.sin(),
        M::Sinh => x.sinh(),
        M::Tan => x.tan(),
        M::Tanh => x.tanh(),
        M::Acos => x.acos(),
        M::Asin => x.asin(),
        M::Atan => x.atan(),
        M::Asinh => x.asinh(),
        M::Acosh => x.acosh(),
        M::Atanh => x.atanh(),
        M::Radians => x.to_radians(),
        M::Degrees => x.to_degrees(),
        M::Ceil => x.ceil(),
        M::Floor => x.floor(),
        M::Round => round_even(x),
        M::Fract => x - x.floor(),
        M::Trunc => x.trunc(),
        M::Exp => x.exp(),
        M::Exp2 => x.exp2(),
        M::Log => x.ln(),
        M::Log2 => x.log2(),
        M::Sign => {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                0.0
            }
        }
        M::Sqrt => x.sqrt(),
        M::InverseSqrt => 1.0 / x.sqrt(),
        M::QuantizeToF16 => f16::from_f32(x).to_f32(),
        _ => return None,
    })
}

/// A function of several floats, component by component.
fn float_of_many(fun: M, x: f32, y: f32, z: f32) -> Option<f32> {
    Some(match fun {
        M::Min => x.min(y),
        M::Max => x.max(y),
        M::Clamp => x.max(y).min(z),
        M::Atan2 => x.atan2(y),
        M::Pow => x.powf(y),
        M::Fma => x.mul_add(y, z),
        M::Mix => x * (1.0 - z) + y * z,
        M::Step => {
            if x <= y {
                1.0
            } else {
                0.0
            }
        }
        M::SmoothStep => {
            let t = ((z - x) / (y - x)).clamp(0.0, 1.0);
            t * t * (3.0 - 2.0 * t)
        }
        _ => return None,
    })
}

/// The lowest `count` bits.
fn mask(count: u32) -> u32 {
    if count >= 32 { u32::MAX } else { (1 << count) - 1 }
}

/// A function of integers, component by component; `e` is the second to fourth argument.
fn integer(fun: M, signed: bool, x: u32, e: [u32; 3]) -> Option<u32> {
    let i = |v: u32| v as i32;
    Some(match (fun, signed) {
        (M::Abs, true) => i(x).wrapping_abs() as u32,
        (M::Abs, false) => x,
        (M::Sign, _) => i(x).signum() as u32,
        (M::Min, true) => i(x).min(i(e[0])) as u32,
        (M::Min, false) => x.min(e[0]),
        (M::Max, true) => i(x).max(i(e[0])) as u32,
        (M::Max, false) => x.max(e[0]),
        (M::Clamp, true) => i(x).max(i(e[0])).min(i(e[1])) as u32,
        (M::Clamp, false) => x.max(e[0]).min(e[1]),
        (M::CountTrailingZeros, _) => x.trailing_zeros(),
        (M::CountLeadingZeros, _) => x.leading_zeros(),
        (M::CountOneBits, _) => x.count_ones(),
        (M::ReverseBits, _) => x.reverse_bits(),
        (M::FirstTrailingBit, _) => {
            if x == 0 {
                u32::MAX
            } else {
                x.trailing_zeros()
            }
        }
        (M::FirstLeadingBit, signed) => {
            let x = if signed && i(x) < 0 { !x } else { x };
            if x == 0 { u32::MAX } else { 31 - x.leading_zeros() }
        }
        (M::ExtractBits, signed) => {
            let offset = e[0].min(32);
            let count = e[1].min(32 - offset);
            if count == 0 {
                0
            } else if signed {
                (i(x << (32 - offset - count)) >> (32 - count)) as u32
            } else {
                (x >> offset) & mask(count)
            }
        }
        (M::InsertBits, _) => {
            let offset = e[1].min(32);
            let count = e[2].min(32 - offset);
            if count == 0 { x } else { (x & !(mask(count) << offset)) | ((e[0] & mask(count)) << offset) }
        }
        _ => return None,
    })
}

/// Four bytes of a word, the lowest first.
fn bytes(word: u32) -> [u8; 4] {
    word.to_le_bytes()
}

fn pack(call: &MathCall, frame: &[u32]) -> Option<u32> {
    let x = |k: usize| f(frame[call.args[0] as usize + k]);
    let word = |k: usize| frame[call.args[0] as usize + k];
    let norm = |v: f32, low: f32, scale: f32| (0.5 + scale * v.max(low).min(1.0)).floor() as i32;
    let quarters = |byte: &dyn Fn(usize) -> u8| u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]);
    let halves = |half: &dyn Fn(usize) -> u16| u32::from(half(0)) | (u32::from(half(1)) << 16);
    Some(match call.fun {
        M::Pack4x8snorm => quarters(&|k| norm(x(k), -1.0, 127.0) as i8 as u8),
        M::Pack4x8unorm => quarters(&|k| norm(x(k), 0.0, 255.0) as u8),
        M::Pack2x16snorm => halves(&|k| norm(x(k), -1.0, 32767.0) as i16 as u16),
        M::Pack2x16unorm => halves(&|k| norm(x(k), 0.0, 65535.0) as u16),
        M::Pack2x16float => halves(&|k| f16::from_f32(x(k)).to_bits()),
        M::Pack4xI8 | M::Pack4xU8 => quarters(&|k| word(k) as u8),
        M::Pack4xI8Clamp => quarters(&|k| (word(k) as i32).clamp(-128, 127) as i8 as u8),
        M::Pack4xU8Clamp => quarters(&|k| word(k).min(255) as u8),
        _ => return None,
    })
}

fn unpack(call: &MathCall, frame: &[u32]) -> Option<([u32; 4], usize)> {
    let word = frame[call.args[0] as usize];
    let four = |of: &dyn Fn(u8) -> u32| (bytes(word).map(of), 4);
    let two = |of: &dyn Fn(u16) -> f32| ([of(word as u16).to_bits(), of((word >> 16) as u16).to_bits(), 0, 0], 2);
    Some(match call.fun {
        M::Unpack4x8snorm => four(&|b| (f32::from(b as i8) / 127.0).max(-1.0).to_bits()),
        M::Unpack4x8unorm => four(&|b| (f32::from(b) / 255.0).to_bits()),
        M::Unpack2x16snorm => two(&|h| (f32::from(h as i16) / 32767.0).max(-1.0)),
        M::Unpack2x16unorm => two(&|h| f32::from(h) / 65535.0),
        M::Unpack2x16float => two(&|h| f16::from_bits(h).to_f32()),
        M::Unpack4xI8 => four(&|b| i32::from(b as i8) as u32),
        M::Unpack4xU8 => four(&|b| u32::from(b)),
        _ => return None,
    })
}

/// Functions of whole vectors.
fn geometry(call: &MathCall, frame: &mut [u32]) -> bool {
    let (n, [a, b, ..]) = (call.lanes as usize, call.args.map(|slot| slot as usize));
    let dst = call.dst as usize;
    let x: [f32; 4] = std::array::from_fn(|k| if k < n { f(frame[a + k]) } else { 0.0 });
    let second = |frame: &[u32]| -> [f32; 4] { std::array::from_fn(|k| if k < n { f(frame[b + k]) } else { 0.0 }) };
    let dot = |x: [f32; 4], y: [f32; 4]| x.iter().zip(y).take(n).fold(0.0f32, |sum, (x, y)| sum + x * y);
    match call.fun {
        M::Dot if call.kind == K::Float => frame[dst] = dot(x, second(frame)).to_bits(),
        M::Dot => {
            let sum = (0..n).fold(0u32, |sum, k| sum.wrapping_add(frame[a + k].wrapping_mul(frame[b + k])));
            frame[dst] = sum;
        }
        M::Dot4I8Packed => {
            let pairs = bytes(frame[a]).into_iter().zip(bytes(frame[b]));
            frame[dst] = pairs.fold(0i32, |sum, (x, y)| sum + i32::from(x as i8) * i32::from(y as i8)) as u32;
        }
        M::Dot4U8Packed => {
            let pairs = bytes(frame[a]).into_iter().zip(bytes(frame[b]));
            frame[dst] = pairs.fold(0u32, |sum, (x, y)| sum + u32::from(x) * u32::from(y));
        }
        M::Length => frame[dst] = dot(x, x).sqrt().to_bits(),
        M::Distance => {
            let y = second(frame);
            let d: [f32; 4] = std::array::from_fn(|k| x[k] - y[k]);
            frame[dst] = dot(d, d).sqrt().to_bits();
        }
        M::Normalize => {
            let length = dot(x, x).sqrt();
            (0..n).for_each(|k| frame[dst + k] = (x[k] / length).to_bits());
        }
        M::Reflect => {
            let y = second(frame);
            let twice = 2.0 * dot(x, y);
            (0..n).for_each(|k| frame[dst + k] = (x[k] - twice * y[k]).to_bits());
        }
        M::Cross => {
            let y = second(frame);
            let cross = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
            (0..3).for_each(|k| frame[dst + k] = cross[k].to_bits());
        }
        _ => return false,
    }
    true
}

/// Runs a builtin function; false if this interpreter does not know it.
pub fn call(call: &MathCall, frame: &mut [u32]) -> bool {
    let dst = call.dst as usize;
    if geometry(call, frame) {
        return true;
    }
    if let Some(word) = pack(call, frame) {
        frame[dst] = word;
        return true;
    }
    if let Some((words, n)) = unpack(call, frame) {
        frame[dst..dst + n].copy_from_slice(&words[..n]);
        return true;
    }
    for k in 0..call.lanes as usize {
        // Arguments that are not there read whatever is in the first slots: no function looks at them.
        let arg = |i: usize| frame.get((call.args[i] as usize).saturating_add(k)).copied().unwrap_or(0);
        let scalar_arg = |i: usize| frame.get(call.args[i] as usize).copied().unwrap_or(0);
        let word = match (call.fun, call.kind) {
            (M::Ldexp, _) => Some((f(arg(0)) * (arg(1) as i32 as f32).exp2()).to_bits()),
            (fun, K::Float | K::AbstractFloat) => float_of_one(fun, f(arg(0)))
                .or_else(|| float_of_many(fun, f(arg(0)), f(arg(1)), f(arg(2))))
                .map(f32::to_bits),
            (M::ExtractBits, kind) => {
                integer(M::ExtractBits, kind == K::Sint, arg(0), [scalar_arg(1), scalar_arg(2), 0])
            }
            (M::InsertBits, _) => integer(M::InsertBits, false, arg(0), [arg(1), scalar_arg(2), scalar_arg(3)]),
            (fun, kind) => integer(fun, kind == K::Sint, arg(0), [arg(1), arg(2), arg(3)]),
        };
        match word {
            Some(word) => frame[dst + k] = word,
            None => return false,
        }
    }
    true
}
