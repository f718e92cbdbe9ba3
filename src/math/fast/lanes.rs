//! Four f32 numbers at once. In wasm the instructions are named, because what is optimised for size, as the kernels worker
//! is, neither unrolls nor vectorises by itself; natively the compiler makes vectors of arrays.

/// Numbers in a 128-bit register.
pub(super) const LANES: usize = 4;
/// The mantissa of an f16 moves this far to become that of an f32,
const HALF_SHIFT: u32 = 23 - 10;
/// and the exponent is then too small by the difference of the biases: 2^(127 - 15). Exact for subnormal numbers too.
const HALF_FACTOR: f32 = f32::from_bits((127 + 127 - 15) << 23);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod register {
    use std::arch::wasm32::*;

    use super::{HALF_FACTOR, HALF_SHIFT};

    #[derive(Clone, Copy)]
    pub struct Lanes(v128);

    impl Lanes {
        #[inline(always)]
        pub fn splat(value: f32) -> Lanes {
            Lanes(f32x4_splat(value))
        }

        #[inline(always)]
        pub fn load(values: &[f32; 4]) -> Lanes {
            let [a, b, c, d] = *values;
            Lanes(f32x4(a, b, c, d))
        }

        /// The bytes of a word, the lowest first.
        #[inline(always)]
        pub fn bytes(word: u32) -> Lanes {
            let words = u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(u32x4_splat(word)));
            Lanes(f32x4_convert_u32x4(words))
        }

        /// The values of f16 bits, none of them infinite.
        #[inline(always)]
        pub fn halves(codes: &[u16; 4]) -> Lanes {
            let [a, b, c, d] = *codes;
            let bits = i32x4(a.into(), b.into(), c.into(), d.into());
            let magnitude = i32x4_shl(v128_and(bits, i32x4_splat(0x7FFF)), HALF_SHIFT);
            let sign = i32x4_shl(v128_and(bits, i32x4_splat(0x8000)), 16);
            Lanes(v128_or(f32x4_mul(magnitude, f32x4_splat(HALF_FACTOR)), sign))
        }

        #[inline(always)]
        pub fn store(self, values: &mut [f32; 4]) {
            *values = self.numbers();
        }

        #[inline(always)]
        pub fn numbers(self) -> [f32; 4] {
            let x = self.0;
            [
                f32x4_extract_lane::<0>(x),
                f32x4_extract_lane::<1>(x),
                f32x4_extract_lane::<2>(x),
                f32x4_extract_lane::<3>(x),
            ]
        }

        #[inline(always)]
        pub fn plus(self, other: Lanes) -> Lanes {
            Lanes(f32x4_add(self.0, other.0))
        }

        #[inline(always)]
        pub fn times(self, other: Lanes) -> Lanes {
            Lanes(f32x4_mul(self.0, other.0))
        }

        #[inline(always)]
        pub fn over(self, other: Lanes) -> Lanes {
            Lanes(f32x4_div(self.0, other.0))
        }

        #[inline(always)]
        pub fn within(self, low: f32, high: f32) -> Lanes {
            Lanes(f32x4_pmin(f32x4_splat(high), f32x4_pmax(f32x4_splat(low), self.0)))
        }

        /// `2^n` for whole `n` in `-126..=127`, to multiply with.
        #[inline(always)]
        pub fn power_of_two(self) -> Lanes {
            let exponent = i32x4_add(i32x4_trunc_sat_f32x4(self.0), i32x4_splat(127));
            Lanes(i32x4_shl(exponent, 23))
        }

        #[inline(always)]
        pub fn nearest(self) -> Lanes {
            Lanes(f32x4_nearest(self.0))
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod register {
    use super::{HALF_FACTOR, HALF_SHIFT};

    #[derive(Clone, Copy)]
    pub struct Lanes([f32; 4]);

    impl Lanes {
        #[inline(always)]
        pub fn splat(value: f32) -> Lanes {
            Lanes([value; 4])
        }

        #[inline(always)]
        pub fn load(values: &[f32; 4]) -> Lanes {
            Lanes(*values)
        }

        /// The bytes of a word, the lowest first.
        #[inline(always)]
        pub fn bytes(word: u32) -> Lanes {
            let [a, b, c, d] = word.to_le_bytes();
            Lanes([a.into(), b.into(), c.into(), d.into()])
        }

        /// The values of f16 bits, none of them infinite.
        #[inline(always)]
        pub fn halves(codes: &[u16; 4]) -> Lanes {
            Lanes(codes.map(|code| {
                let code = u32::from(code);
                let magnitude = f32::from_bits((code & 0x7FFF) << HALF_SHIFT) * HALF_FACTOR;
                f32::from_bits(magnitude.to_bits() | (code & 0x8000) << 16)
            }))
        }

        #[inline(always)]
        pub fn store(self, values: &mut [f32; 4]) {
            *values = self.0;
        }

        #[inline(always)]
        pub fn numbers(self) -> [f32; 4] {
            self.0
        }

        #[inline(always)]
        fn each(self, other: Lanes, of: impl Fn(f32, f32) -> f32) -> Lanes {
            let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
            Lanes([of(a, e), of(b, f), of(c, g), of(d, h)])
        }

        #[inline(always)]
        pub fn plus(self, other: Lanes) -> Lanes {
            self.each(other, |a, b| a + b)
        }

        #[inline(always)]
        pub fn times(self, other: Lanes) -> Lanes {
            self.each(other, |a, b| a * b)
        }

        #[inline(always)]
        pub fn over(self, other: Lanes) -> Lanes {
            self.each(other, |a, b| a / b)
        }

        #[inline(always)]
        pub fn within(self, low: f32, high: f32) -> Lanes {
            // As the instructions of wasm: a NaN stays one.
            let one = |x: f32| {
                if low > x {
                    low
                } else if high < x {
                    high
                } else {
                    x
                }
            };
            self.each(self, |a, _| one(a))
        }

        /// `2^n` for whole `n` in `-126..=127`, to multiply with.
        #[inline(always)]
        pub fn power_of_two(self) -> Lanes {
            self.each(self, |a, _| f32::from_bits(((a as i32 + 127) as u32) << 23))
        }

        #[inline(always)]
        pub fn nearest(self) -> Lanes {
            /// Adding and subtracting it leaves a whole number, ties to even.
            const WHOLE: f32 = 12_582_912.0;
            self.each(self, |a, _| (a + WHOLE) - WHOLE)
        }
    }
}

pub(super) use register::Lanes;

impl Lanes {
    /// The sum of all four, outer pairs first.
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let [a, b, c, d] = self.numbers();
        (a + c) + (b + d)
    }

    /// `e^x` within 2 units in the last place; 0 below -87, where the result would be subnormal.
    ///
    /// # Source
    /// Cody and Waite 1980: `x = n ln 2 + r`, with `ln 2` in two parts; Taylor's polynomial of degree 7 on
    /// `|r| <= ln 2 / 2`, whose rest is below 6e-9 relative.
    #[inline(always)]
    pub fn exp(self) -> Lanes {
        const HIGH: f32 = 355.0 / 512.0;
        const LOW: f32 = -2.121_944_4e-4;
        let of = Lanes::splat;
        let x = self.within(-87.0, 88.0);
        let n = x.times(of(std::f32::consts::LOG2_E)).nearest();
        let r = x.plus(n.times(of(-HIGH))).plus(n.times(of(-LOW)));
        let mut p = of(1.0 / 5040.0);
        p = p.times(r).plus(of(1.0 / 720.0));
        p = p.times(r).plus(of(1.0 / 120.0));
        p = p.times(r).plus(of(1.0 / 24.0));
        p = p.times(r).plus(of(1.0 / 6.0));
        p = p.times(r).plus(of(0.5));
        p = p.times(r).times(r).plus(r).plus(of(1.0));
        p.times(n.power_of_two())
    }
}

#[cfg(test)]
mod tests {
    use super::Lanes;

    #[test]
    fn every_half_has_its_value() {
        for code in (0..=u16::MAX).filter(|code| code & 0x7C00 != 0x7C00) {
            let [.., got] = Lanes::halves(&[0, 1, 2, code]).numbers();
            assert_eq!(got.to_bits(), half::f16::from_bits(code).to_f32().to_bits(), "{code:#x}");
        }
    }

    #[test]
    fn exp_is_within_two_units_of_the_last_place() {
        let mut worst = 0f64;
        for i in -870_000..=880_000 {
            let x = i as f32 * 1e-4;
            let got = f64::from(Lanes::splat(x).exp().numbers()[3]);
            let exact = f64::from(x).exp();
            worst = worst.max((got - exact).abs() / exact / f64::from(f32::EPSILON));
        }
        assert!(worst <= 2.0, "{worst}");
        let edges = Lanes::load(&[0.0, -1e30, f32::NEG_INFINITY, f32::NAN]).exp().numbers();
        assert_eq!(edges[0], 1.0);
        assert!(edges[1] < 2e-38 && edges[2] < 2e-38 && edges[3].is_nan());
    }
}
