//! From naga's expressions to instructions.

use naga::{ArraySize, Expression, Handle, MathFunction, Scalar, ScalarKind, TypeInner};

use super::super::check::Diagnostic;
use super::code::{Address, AtomicCall, Ins, MathCall, NONE, Slot, Space};
use super::compile::{Compiler, Loc, Scope};

/// Scalar and number of components of a scalar or a vector.
pub fn shape(inner: &TypeInner) -> Option<(Scalar, u32)> {
    match inner {
        TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => Some((*scalar, 1)),
        TypeInner::Vector { size, scalar } => Some((*scalar, *size as u32)),
        _ => None,
    }
}

/// How an index steps through a value.
struct Steps {
    stride: u32,
    /// `None`: the buffer decides.
    len: Option<u32>,
}

impl<'m> Compiler<'m> {
    /// Where an expression is; computes what needs no statement to be computed.
    pub fn lower(&mut self, scope: &mut Scope<'m>, handle: Handle<Expression>) -> Result<Loc, Diagnostic> {
        match scope.found[handle.index()] {
            Some(loc) => Ok(loc),
            None => self.compute(scope, handle),
        }
    }

    /// The slot of a value.
    pub fn value(&mut self, scope: &mut Scope<'m>, handle: Handle<Expression>) -> Result<Slot, Diagnostic> {
        match self.lower(scope, handle)? {
            Loc::Slot(slot) => Ok(slot),
            Loc::Place(..) => Err(self.unsupported("pointer")),
        }
    }

    /// What a pointer points to.
    pub fn place(&mut self, scope: &mut Scope<'m>, handle: Handle<Expression>) -> Result<(Address, u32), Diagnostic> {
        match self.lower(scope, handle)? {
            Loc::Place(at, name) => Ok((at, name)),
            Loc::Slot(_) => Err(self.unsupported("pointer")),
        }
    }

    /// The type that a pointer points to, as far as it is a type of its own.
    fn pointee(&self, scope: &Scope<'m>, handle: Handle<Expression>) -> &'m TypeInner {
        match self.inner(scope, handle) {
            TypeInner::Pointer { base, .. } => &self.module().types[*base].inner,
            other => other,
        }
    }

    pub fn is_atomic(&self, scope: &Scope<'m>, handle: Handle<Expression>) -> bool {
        matches!(self.pointee(scope, handle), TypeInner::Atomic(_))
    }

    fn steps(&self, inner: &TypeInner) -> Result<Steps, Diagnostic> {
        Ok(match inner {
            TypeInner::Array { base, size, stride } => {
                Steps { stride: self.layout.stride(*base, *stride) as u32, len: self.length(*size) }
            }
            TypeInner::Vector { size, .. } | TypeInner::ValuePointer { size: Some(size), .. } => {
                Steps { stride: 1, len: Some(*size as u32) }
            }
            TypeInner::Matrix { columns, rows, .. } => {
                Steps { stride: self.layout.column_stride(*rows), len: Some(*columns as u32) }
            }
            _ => return Err(self.unsupported("index")),
        })
    }

    /// Computes an expression here.
    pub fn compute(&mut self, scope: &mut Scope<'m>, handle: Handle<Expression>) -> Result<Loc, Diagnostic> {
        let module = self.module();
        let slot = match &scope.expressions[handle] {
            Expression::Literal(literal) => {
                let bits = self.literal(*literal)?;
                self.constant(&[bits])?
            }
            Expression::Constant(constant) => match self.constants.get(&constant.index()) {
                Some(slot) => *slot,
                None => {
                    let words = self.evaluate(module.constants[*constant].init)?;
                    let slot = self.constant(&words)?;
                    self.constants.insert(constant.index(), slot);
                    slot
                }
            },
            Expression::Override(item) => {
                let bits = self.layout.overrides.get(item.index()).copied().flatten();
                let bits = bits.ok_or_else(|| self.unsupported("override"))?;
                self.constant(&[bits])?
            }
            Expression::ZeroValue(ty) => self.alloc(self.layout.words(&module.types[*ty].inner))?,
            Expression::Compose { ty, components } => self.compose(scope, &module.types[*ty].inner, components)?,
            Expression::Access { base, index } => return self.access(scope, *base, *index),
            Expression::AccessIndex { base, index } => return self.access_index(scope, *base, *index),
            Expression::Splat { size, value } => {
                let src = self.value(scope, *value)?;
                self.splat(src, *size as u32)?
            }
            Expression::Swizzle { size, vector, pattern } => {
                let src = self.value(scope, *vector)?;
                let n = *size as u32;
                let dst = self.alloc(u64::from(n))?;
                self.push(Ins::Swizzle { dst, src, pattern: pattern.map(|c| c as u8), n })?;
                dst
            }
            Expression::FunctionArgument(index) => {
                return scope.arguments.get(*index as usize).copied().ok_or_else(|| self.unsupported("argument"));
            }
            Expression::GlobalVariable(global) => {
                let place = self.globals.get(global.index()).copied().flatten();
                return place.ok_or_else(|| self.unsupported("variable"));
            }
            Expression::LocalVariable(local) => {
                return scope.locals.get(local.index()).copied().ok_or_else(|| self.unsupported("variable"));
            }
            Expression::Load { pointer } => self.load(scope, handle, *pointer)?,
            Expression::Unary { op, expr } => self.unary(scope, *op, *expr)?,
            Expression::Binary { op, left, right } => self.binary(scope, handle, *op, *left, *right)?,
            Expression::Select { condition, accept, reject } => {
                let each = matches!(self.inner(scope, *condition), TypeInner::Vector { .. });
                let condition = self.value(scope, *condition)?;
                let (accept, reject) = (self.value(scope, *accept)?, self.value(scope, *reject)?);
                let n = self.words_of(scope, handle) as u32;
                let dst = self.alloc(u64::from(n))?;
                self.push(Ins::Select { dst, condition, accept, reject, n, each })?;
                dst
            }
            Expression::Relational { fun, argument } => self.relational(scope, *fun, *argument)?,
            Expression::Math { fun, arg, arg1, arg2, arg3 } => {
                self.builtin_call(scope, handle, *fun, [Some(*arg), *arg1, *arg2, *arg3])?
            }
            Expression::As { expr, kind, convert } => self.convert(scope, *expr, *kind, convert.is_some())?,
            Expression::ArrayLength(pointer) => self.array_length(scope, *pointer)?,
            _ => return Err(self.unsupported("texture, subgroup, derivative")),
        };
        Ok(Loc::Slot(slot))
    }

    pub fn splat(&mut self, src: Slot, n: u32) -> Result<Slot, Diagnostic> {
        let dst = self.alloc(u64::from(n))?;
        self.push(Ins::Splat { dst, src, n })?;
        Ok(dst)
    }

    fn compose(
        &mut self,
        scope: &mut Scope<'m>,
        inner: &'m TypeInner,
        components: &[Handle<Expression>],
    ) -> Result<Slot, Diagnostic> {
        let dst = self.alloc(self.layout.words(inner))?;
        let mut next = 0;
        for (i, component) in components.iter().enumerate() {
            let n = self.words_of(scope, *component) as u32;
            let offset = match inner {
                TypeInner::Matrix { rows, .. } => i as u32 * self.layout.column_stride(*rows),
                TypeInner::Array { base, stride, .. } => i as u32 * self.layout.stride(*base, *stride) as u32,
                TypeInner::Struct { .. } => self.layout.member(inner, i) as u32,
                _ => next,
            };
            let src = self.value(scope, *component)?;
            self.push(Ins::Copy { dst: dst + offset, src, n })?;
            next += n;
        }
        Ok(dst)
    }

    fn access(
        &mut self,
        scope: &mut Scope<'m>,
        base: Handle<Expression>,
        index: Handle<Expression>,
    ) -> Result<Loc, Diagnostic> {
        let signed = matches!(self.inner(scope, index), TypeInner::Scalar(s) if s.kind == ScalarKind::Sint);
        let index = self.value(scope, index)?;
        let dst = self.alloc(1)?;
        match self.lower(scope, base)? {
            Loc::Place(at, name) => {
                let Steps { stride, len } = self.steps(self.pointee(scope, base))?;
                match (len, at.space) {
                    (Some(len), _) => {
                        self.push(Ins::Index { dst, index, prev: at.dynamic, stride, len, name, signed })?;
                    }
                    (None, Space::Buffer(buffer)) => {
                        self.push(Ins::IndexBuffer { dst, index, stride, buffer, base: at.base, signed })?;
                    }
                    _ => return Err(self.unsupported("array")),
                }
                Ok(Loc::Place(Address { dynamic: dst, ..at }, name))
            }
            Loc::Slot(slot) => {
                let inner = self.inner(scope, base);
                let Steps { stride, len } = self.steps(inner)?;
                let n = match inner {
                    TypeInner::Array { base, .. } => self.layout.words(&self.module().types[*base].inner) as u32,
                    TypeInner::Matrix { rows, .. } => *rows as u32,
                    _ => 1,
                };
                let name = self.name("");
                self.push(Ins::Index { dst, index, prev: NONE, stride, len: len.unwrap_or(0), name, signed })?;
                let value = self.alloc(u64::from(n))?;
                self.push(Ins::Load { at: Address { space: Space::Frame, base: slot, dynamic: dst }, dst: value, n })?;
                Ok(Loc::Slot(value))
            }
        }
    }

    fn access_index(&mut self, scope: &mut Scope<'m>, base: Handle<Expression>, index: u32) -> Result<Loc, Diagnostic> {
        let loc = self.lower(scope, base)?;
        let inner = match loc {
            Loc::Place(..) => self.pointee(scope, base),
            Loc::Slot(_) => self.inner(scope, base),
        };
        let offset = match inner {
            TypeInner::Struct { .. } => self.layout.member(inner, index as usize),
            _ => u64::from(index) * u64::from(self.steps(inner)?.stride),
        };
        let offset = u32::try_from(offset).map_err(|_| self.unsupported("index"))?;
        Ok(match loc {
            Loc::Slot(slot) => Loc::Slot(slot + offset),
            Loc::Place(at, name) => Loc::Place(Address { base: at.base.saturating_add(offset), ..at }, name),
        })
    }

    fn load(
        &mut self,
        scope: &mut Scope<'m>,
        handle: Handle<Expression>,
        pointer: Handle<Expression>,
    ) -> Result<Slot, Diagnostic> {
        let (at, _) = self.place(scope, pointer)?;
        let n = self.words_of(scope, handle);
        let dst = self.alloc(n)?;
        if self.is_atomic(scope, pointer) {
            // `x | 0` is an atomic load.
            let (value, fun) = (self.constant(&[0])?, naga::AtomicFunction::InclusiveOr);
            self.atomic(AtomicCall { fun, signed: false, at, value, compare: NONE, result: dst })?;
        } else if at.space == Space::Frame && at.dynamic == NONE {
            self.push(Ins::Copy { dst, src: at.base, n: n as u32 })?;
        } else {
            self.push(Ins::Load { at, dst, n: n as u32 })?;
        }
        Ok(dst)
    }

    fn builtin_call(
        &mut self,
        scope: &mut Scope<'m>,
        handle: Handle<Expression>,
        fun: MathFunction,
        given: [Option<Handle<Expression>>; 4],
    ) -> Result<Slot, Diagnostic> {
        use MathFunction as M;
        let inner = given[0].map(|arg| self.inner(scope, arg));
        if let (M::Transpose, Some(TypeInner::Matrix { columns, rows, .. }), Some(arg)) = (fun, inner, given[0]) {
            let (a, dst) = (self.value(scope, arg)?, self.alloc(self.words_of(scope, handle))?);
            let (from, to) = (self.layout.column_stride(*rows), self.layout.column_stride(*columns));
            for (c, r) in (0..*columns as u32).flat_map(|c| (0..*rows as u32).map(move |r| (c, r))) {
                self.push(Ins::Copy { dst: dst + r * to + c, src: a + c * from + r, n: 1 })?;
            }
            return Ok(dst);
        }
        let Some((scalar, lanes)) = inner.and_then(shape) else { return Err(self.unsupported("matrix")) };
        if matches!(fun, M::Modf | M::Frexp | M::Refract | M::Outer | M::Inverse | M::Determinant | M::FaceForward) {
            return Err(self.unsupported(&format!("{fun:?}").to_lowercase()));
        }
        let mut args = [NONE; 4];
        for (slot, arg) in args.iter_mut().zip(given) {
            let Some(arg) = arg else { continue };
            *slot = self.value(scope, arg)?;
            let narrow = shape(self.inner(scope, arg)).is_some_and(|(_, n)| n == 1) && lanes > 1;
            if narrow && fun == M::Mix {
                *slot = self.splat(*slot, lanes)?;
            }
        }
        let dst = self.alloc(self.words_of(scope, handle))?;
        self.math(MathCall { fun, kind: scalar.kind, lanes, dst, args })?;
        Ok(dst)
    }

    fn array_length(&mut self, scope: &mut Scope<'m>, pointer: Handle<Expression>) -> Result<Slot, Diagnostic> {
        let (at, _) = self.place(scope, pointer)?;
        let (TypeInner::Array { base, size: ArraySize::Dynamic, stride }, Space::Buffer(buffer)) =
            (self.pointee(scope, pointer), at.space)
        else {
            return Err(self.unsupported("arrayLength"));
        };
        let stride = self.layout.stride(*base, *stride) as u32;
        let dst = self.alloc(1)?;
        self.push(Ins::Length { dst, buffer, base: at.base, stride })?;
        Ok(dst)
    }
}
