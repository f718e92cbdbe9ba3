//! Where the parts of a value lie, in words of 4 bytes: the same in registers and in every kind of memory.
//!
//! WGSL's layout of buffers, except for types with a `bool` in them, which never lie in buffers: there a `bool` is a word.

use naga::{ArraySize, Handle, Module, StructMember, Type, TypeInner};

/// Sizes of arrays that an override decides, by the override's index.
pub type OverrideValues = Vec<Option<u32>>;

/// The layout of one module with its overrides decided.
#[derive(Clone, Copy)]
pub struct Layout<'m> {
    pub module: &'m Module,
    pub overrides: &'m OverrideValues,
}

impl<'m> Layout<'m> {
    fn inner(&self, ty: Handle<Type>) -> &'m TypeInner {
        &self.module.types[ty].inner
    }

    fn has_bool(&self, inner: &TypeInner) -> bool {
        match inner {
            TypeInner::Scalar(scalar) | TypeInner::Vector { scalar, .. } => scalar.kind == naga::ScalarKind::Bool,
            TypeInner::Array { base, .. } => self.has_bool(self.inner(*base)),
            TypeInner::Struct { members, .. } => members.iter().any(|m| self.has_bool(self.inner(m.ty))),
            _ => false,
        }
    }

    /// Words from which a value of this type may begin: a multiple of this.
    fn align(&self, inner: &TypeInner) -> u32 {
        match inner {
            TypeInner::Vector { size, .. } => {
                if *size == naga::VectorSize::Bi {
                    2
                } else {
                    4
                }
            }
            TypeInner::Matrix { rows, .. } => {
                if *rows == naga::VectorSize::Bi {
                    2
                } else {
                    4
                }
            }
            TypeInner::Array { base, .. } => self.align(self.inner(*base)),
            TypeInner::Struct { members, .. } => {
                members.iter().map(|m| self.align(self.inner(m.ty))).max().unwrap_or(1)
            }
            _ => 1,
        }
    }

    /// Words from one column of a matrix to the next.
    pub fn column_stride(&self, rows: naga::VectorSize) -> u32 {
        if rows == naga::VectorSize::Bi { 2 } else { 4 }
    }

    /// Words from one element of an array to the next.
    pub fn stride(&self, base: Handle<Type>, stride_bytes: u32) -> u64 {
        let inner = self.inner(base);
        if self.has_bool(inner) {
            self.words(inner).next_multiple_of(u64::from(self.align(inner)))
        } else {
            u64::from(stride_bytes) / 4
        }
    }

    /// How many elements an array has; `None` if the buffer decides.
    pub fn length(&self, size: ArraySize) -> Option<u32> {
        match size {
            ArraySize::Constant(n) => Some(n.get()),
            ArraySize::Pending(handle) => Some(self.overrides.get(handle.index()).copied().flatten().unwrap_or(0)),
            ArraySize::Dynamic => None,
        }
    }

    /// Where member number `index` begins.
    pub fn member(&self, inner: &TypeInner, index: usize) -> u64 {
        let TypeInner::Struct { members, .. } = inner else { return 0 };
        if !self.has_bool(inner) {
            return members.get(index).map_or(0, |m| u64::from(m.offset) / 4);
        }
        let place = |at: u64, m: &StructMember| at.next_multiple_of(u64::from(self.align(self.inner(m.ty))));
        let before = members.iter().take(index).fold(0, |at, m| place(at, m) + self.words(self.inner(m.ty)));
        members.get(index).map_or(before, |m| place(before, m))
    }

    /// The words of a value; an array without a fixed length has none of its own.
    pub fn words(&self, inner: &TypeInner) -> u64 {
        match inner {
            TypeInner::Scalar(_) | TypeInner::Atomic(_) => 1,
            TypeInner::Vector { size, .. } => *size as u64,
            TypeInner::Matrix { columns, rows, .. } => *columns as u64 * u64::from(self.column_stride(*rows)),
            TypeInner::Array { base, size, stride } => {
                self.stride(*base, *stride).saturating_mul(u64::from(self.length(*size).unwrap_or(0)))
            }
            TypeInner::Struct { members, span } if !self.has_bool(inner) => {
                let _ = members;
                u64::from(*span) / 4
            }
            TypeInner::Struct { members, .. } => {
                let last = members.len().saturating_sub(1);
                let end = self.member(inner, last) + members.last().map_or(0, |m| self.words(self.inner(m.ty)));
                end.next_multiple_of(u64::from(self.align(inner)))
            }
            _ => 0,
        }
    }
}
