//! Operators on scalars, vectors and matrices, and conversions.

use naga::{
    BinaryOperator, Expression, Handle, MathFunction, RelationalFunction, ScalarKind, TypeInner, UnaryOperator,
    VectorSize,
};

use super::super::check::Diagnostic;
use super::code::{Ins, MathCall, NONE, Op, Slot, Un};
use super::compile::{Compiler, Scope};
use super::lower::shape;

impl<'m> Compiler<'m> {
    pub fn unary(
        &mut self,
        scope: &mut Scope<'m>,
        op: UnaryOperator,
        expr: Handle<Expression>,
    ) -> Result<Slot, Diagnostic> {
        let inner = self.inner(scope, expr);
        let n = self.layout.words(inner) as u32;
        let kind = match inner {
            TypeInner::Matrix { scalar, .. } => scalar.kind,
            _ => shape(inner).map_or(ScalarKind::Uint, |(scalar, _)| scalar.kind),
        };
        let a = self.value(scope, expr)?;
        let float = matches!(kind, ScalarKind::Float | ScalarKind::AbstractFloat);
        let op = match op {
            UnaryOperator::Negate if float => Un::NegF,
            UnaryOperator::Negate => Un::NegI,
            UnaryOperator::LogicalNot => Un::NotBool,
            UnaryOperator::BitwiseNot if kind == ScalarKind::Bool => Un::NotBool,
            UnaryOperator::BitwiseNot => Un::NotBits,
        };
        let dst = self.alloc(u64::from(n))?;
        self.push(Ins::Unary { op, dst, a, n })?;
        Ok(dst)
    }

    pub fn operate(&mut self, op: Op, a: Slot, b: Slot, n: u32) -> Result<Slot, Diagnostic> {
        let dst = self.alloc(u64::from(n))?;
        self.push(Ins::Binary { op, dst, a, b, n })?;
        Ok(dst)
    }

    pub fn binary(
        &mut self,
        scope: &mut Scope<'m>,
        handle: Handle<Expression>,
        op: BinaryOperator,
        left: Handle<Expression>,
        right: Handle<Expression>,
    ) -> Result<Slot, Diagnostic> {
        let (left_inner, right_inner) = (self.inner(scope, left), self.inner(scope, right));
        let (mut a, mut b) = (self.value(scope, left)?, self.value(scope, right)?);
        let (Some((scalar, left_n)), Some((_, right_n))) = (shape(left_inner), shape(right_inner)) else {
            return self.matrices(op, (a, left_inner), (b, right_inner), self.inner(scope, handle));
        };
        let n = left_n.max(right_n);
        if left_n < n {
            a = self.splat(a, n)?;
        }
        if right_n < n {
            b = self.splat(b, n)?;
        }
        let float = matches!(scalar.kind, ScalarKind::Float | ScalarKind::AbstractFloat);
        let signed = matches!(scalar.kind, ScalarKind::Sint | ScalarKind::AbstractInt);
        let by_kind = |f: Op, i: Op, u: Op| {
            if float {
                f
            } else if signed {
                i
            } else {
                u
            }
        };
        use BinaryOperator as B;
        let swapped = matches!(op, B::Greater | B::GreaterEqual);
        let op = match op {
            B::Add => by_kind(Op::AddF, Op::AddI, Op::AddI),
            B::Subtract => by_kind(Op::SubF, Op::SubI, Op::SubI),
            B::Multiply => by_kind(Op::MulF, Op::MulI, Op::MulI),
            B::Divide => by_kind(Op::DivF, Op::DivI, Op::DivU),
            B::Modulo => by_kind(Op::RemF, Op::RemI, Op::RemU),
            B::Equal => by_kind(Op::EqF, Op::EqI, Op::EqI),
            B::NotEqual => by_kind(Op::NeF, Op::NeI, Op::NeI),
            B::Less | B::Greater => by_kind(Op::LtF, Op::LtI, Op::LtU),
            B::LessEqual | B::GreaterEqual => by_kind(Op::LeF, Op::LeI, Op::LeU),
            B::And | B::LogicalAnd => Op::And,
            B::InclusiveOr | B::LogicalOr => Op::Or,
            B::ExclusiveOr => Op::Xor,
            B::ShiftLeft => Op::Shl,
            B::ShiftRight => by_kind(Op::ShrU, Op::ShrI, Op::ShrU),
        };
        if swapped { self.operate(op, b, a, n) } else { self.operate(op, a, b, n) }
    }

    /// Products and sums with matrices, out of operations on their columns.
    fn matrices(
        &mut self,
        op: BinaryOperator,
        (a, left): (Slot, &TypeInner),
        (b, right): (Slot, &TypeInner),
        result: &TypeInner,
    ) -> Result<Slot, Diagnostic> {
        let dst = self.alloc(self.layout.words(result))?;
        let stride = |rows: VectorSize| self.layout.column_stride(rows);
        match (op, left, right) {
            (BinaryOperator::Multiply, TypeInner::Matrix { columns, rows, .. }, TypeInner::Vector { .. }) => {
                self.matrix_vector((a, *columns as u32, *rows), b, dst)?;
            }
            (
                BinaryOperator::Multiply,
                TypeInner::Matrix { columns, rows, .. },
                TypeInner::Matrix { columns: count, rows: inner, .. },
            ) => {
                let (step, out) = (stride(*inner), stride(*rows));
                for k in 0..*count as u32 {
                    self.matrix_vector((a, *columns as u32, *rows), b + k * step, dst + k * out)?;
                }
            }
            (BinaryOperator::Multiply, TypeInner::Vector { .. }, TypeInner::Matrix { columns, rows, .. }) => {
                let step = stride(*rows);
                for k in 0..*columns as u32 {
                    let (fun, kind, lanes) = (MathFunction::Dot, ScalarKind::Float, *rows as u32);
                    self.math(MathCall { fun, kind, lanes, dst: dst + k, args: [a, b + k * step, NONE, NONE] })?;
                }
            }
            (BinaryOperator::Multiply, TypeInner::Matrix { .. }, TypeInner::Scalar(_)) => {
                let n = self.layout.words(left) as u32;
                let b = self.splat(b, n)?;
                self.push(Ins::Binary { op: Op::MulF, dst, a, b, n })?;
            }
            (BinaryOperator::Multiply, TypeInner::Scalar(_), TypeInner::Matrix { .. }) => {
                let n = self.layout.words(right) as u32;
                let a = self.splat(a, n)?;
                self.push(Ins::Binary { op: Op::MulF, dst, a, b, n })?;
            }
            (BinaryOperator::Add | BinaryOperator::Subtract, TypeInner::Matrix { .. }, TypeInner::Matrix { .. }) => {
                let n = self.layout.words(left) as u32;
                let op = if op == BinaryOperator::Add { Op::AddF } else { Op::SubF };
                self.push(Ins::Binary { op, dst, a, b, n })?;
            }
            _ => return Err(self.unsupported("matrix")),
        }
        Ok(dst)
    }

    fn matrix_vector(
        &mut self,
        (a, columns, rows): (Slot, u32, VectorSize),
        v: Slot,
        dst: Slot,
    ) -> Result<(), Diagnostic> {
        let (n, step) = (rows as u32, self.layout.column_stride(rows));
        let mut sum = NONE;
        for k in 0..columns {
            let factor = self.splat(v + k, n)?;
            let term = self.operate(Op::MulF, a + k * step, factor, n)?;
            sum = if sum == NONE { term } else { self.operate(Op::AddF, sum, term, n)? };
        }
        self.push(Ins::Copy { dst, src: sum, n }).map(|_| ())
    }

    pub fn relational(
        &mut self,
        scope: &mut Scope<'m>,
        fun: RelationalFunction,
        argument: Handle<Expression>,
    ) -> Result<Slot, Diagnostic> {
        let n = self.words_of(scope, argument) as u32;
        let a = self.value(scope, argument)?;
        let op = match fun {
            RelationalFunction::All => Op::And,
            RelationalFunction::Any => Op::Or,
            _ => return Err(self.unsupported("isNan, isInf")),
        };
        (1..n).try_fold(a, |all, k| self.operate(op, all, a + k, 1))
    }

    pub fn convert(
        &mut self,
        scope: &mut Scope<'m>,
        expr: Handle<Expression>,
        to: ScalarKind,
        by_value: bool,
    ) -> Result<Slot, Diagnostic> {
        let inner = self.inner(scope, expr);
        let n = self.layout.words(inner) as u32;
        let from = match inner {
            TypeInner::Matrix { scalar, .. } => scalar.kind,
            _ => shape(inner).map_or(to, |(scalar, _)| scalar.kind),
        };
        let a = self.value(scope, expr)?;
        use ScalarKind as K;
        let op = match (from, to) {
            _ if !by_value => None,
            (K::Float | K::AbstractFloat, K::Sint) => Some(Un::FloatToSint),
            (K::Float | K::AbstractFloat, K::Uint) => Some(Un::FloatToUint),
            (K::Sint | K::AbstractInt, K::Float) => Some(Un::SintToFloat),
            (K::Uint, K::Float) => Some(Un::UintToFloat),
            (K::Bool, K::Float) => Some(Un::BoolToFloat),
            (K::Float | K::AbstractFloat, K::Bool) => Some(Un::FloatToBool),
            (K::Sint | K::Uint, K::Bool) => Some(Un::IntToBool),
            _ => None,
        };
        let Some(op) = op else { return Ok(a) };
        let dst = self.alloc(u64::from(n))?;
        self.push(Ins::Unary { op, dst, a, n })?;
        Ok(dst)
    }
}
