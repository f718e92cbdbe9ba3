//! From naga's tree of statements to the flat form.

use std::collections::HashMap;

use naga::valid::{FunctionInfo, ModuleInfo};
use naga::{
    AddressSpace, Arena, ArraySize, Binding, BuiltIn, Expression, Handle, Literal, Module, Override, ScalarKind, Span,
    StorageAccess, TypeInner,
};

use crate::protocol::Hint;

use super::super::check::{Diagnostic, Valid};
use super::super::place::Place;
use super::code::{Address, AtomicCall, BufferSlot, Ins, MathCall, NONE, Named, Program, Slot, Space, builtin};
use super::layout::{Layout, OverrideValues};

/// Calls are expanded in place; a text that grows beyond this was made to.
const MAX_CODE: usize = 200_000;
/// Words of one invocation's frame.
const MAX_FRAME: usize = 1 << 17;
/// 16 KiB: WebGPU's default `maxComputeWorkgroupStorageSize`, in words.
const MAX_WORKGROUP_WORDS: u64 = 4096;
/// WebGPU's default `maxComputeInvocationsPerWorkgroup`.
const MAX_INVOCATIONS: u32 = 256;

/// Where the value of an expression is, or what it points to.
#[derive(Clone, Copy)]
pub(super) enum Loc {
    Slot(Slot),
    Place(Address, u32),
}

/// Where the types of an arena's expressions are kept.
#[derive(Clone, Copy)]
pub(super) enum Types<'m> {
    Function(&'m FunctionInfo),
    Global(&'m ModuleInfo),
}

/// Jumps out of a loop or a switch that wait for their target; `continues` is absent for a switch.
pub(super) struct Exits {
    pub breaks: Vec<usize>,
    pub continues: Option<Vec<usize>>,
}

/// One function while it is expanded.
pub(super) struct Scope<'m> {
    pub expressions: &'m Arena<Expression>,
    pub types: Types<'m>,
    pub found: Vec<Option<Loc>>,
    pub arguments: Vec<Loc>,
    pub locals: Vec<Loc>,
    pub result: Slot,
    pub is_entry: bool,
    pub returns: Vec<usize>,
    pub exits: Vec<Exits>,
}

impl<'m> Scope<'m> {
    pub fn new(expressions: &'m Arena<Expression>, types: Types<'m>) -> Scope<'m> {
        let found = vec![None; expressions.len()];
        let (arguments, locals, returns, exits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Scope { expressions, types, found, arguments, locals, result: NONE, is_entry: false, returns, exits }
    }
}

/// The compiler of one entry point.
pub(super) struct Compiler<'m> {
    pub valid: &'m Valid,
    pub layout: Layout<'m>,
    pub program: Program,
    /// Where globals are, by their index.
    pub globals: Vec<Option<Loc>>,
    /// What is being compiled.
    pub at: Span,
    words: HashMap<u32, Slot>,
    /// Where the values of named constants are, by their index.
    pub constants: HashMap<usize, Slot>,
}

impl<'m> Compiler<'m> {
    pub fn new(valid: &'m Valid, overrides: &'m OverrideValues) -> Compiler<'m> {
        let program = Program {
            code: Vec::new(),
            spans: Vec::new(),
            math: Vec::new(),
            atomics: Vec::new(),
            template: vec![0; builtin::END as usize],
            buffers: Vec::new(),
            workgroup_variables: Vec::new(),
            workgroup_words: 0,
            names: Vec::new(),
            loops: Vec::new(),
            size: [1; 3],
            text: valid.text.clone(),
        };
        let layout = Layout { module: &valid.module, overrides };
        Compiler {
            valid,
            layout,
            program,
            globals: Vec::new(),
            at: Span::UNDEFINED,
            words: HashMap::new(),
            constants: HashMap::new(),
        }
    }

    pub fn module(&self) -> &'m Module {
        &self.valid.module
    }

    /// A refusal at what is being compiled.
    pub fn refuse(&self, hint: Hint) -> Diagnostic {
        Diagnostic::ours(Place::of_span(&self.valid.text, self.at), hint)
    }

    pub fn unsupported(&self, what: &str) -> Diagnostic {
        self.refuse(Hint::NotInterpreted { what: what.to_owned() })
    }

    pub fn push(&mut self, ins: Ins) -> Result<usize, Diagnostic> {
        if self.program.code.len() >= MAX_CODE {
            return Err(self.refuse(Hint::TooBig));
        }
        self.program.code.push(ins);
        self.program.spans.push(self.at);
        Ok(self.program.code.len() - 1)
    }

    /// `n` fresh words of the frame.
    pub fn alloc(&mut self, n: u64) -> Result<Slot, Diagnostic> {
        let begin = self.program.template.len();
        if begin as u64 + n > MAX_FRAME as u64 {
            return Err(self.refuse(Hint::TooBig));
        }
        self.program.template.resize(begin + n as usize, 0);
        Ok(begin as Slot)
    }

    /// A slot that always holds `words`.
    pub fn constant(&mut self, words: &[u32]) -> Result<Slot, Diagnostic> {
        if let [word] = words
            && let Some(slot) = self.words.get(word)
        {
            return Ok(*slot);
        }
        let slot = self.alloc(words.len() as u64)?;
        self.program.template[slot as usize..][..words.len()].copy_from_slice(words);
        if let [word] = words {
            self.words.insert(*word, slot);
        }
        Ok(slot)
    }

    pub fn math(&mut self, call: MathCall) -> Result<(), Diagnostic> {
        self.program.math.push(call);
        self.push(Ins::Math(self.program.math.len() as u32 - 1)).map(|_| ())
    }

    /// The number of a name, for messages.
    pub fn name(&mut self, name: &str) -> u32 {
        let known = self.program.names.iter().position(|n| n == name);
        known.unwrap_or_else(|| {
            self.program.names.push(name.to_owned());
            self.program.names.len() - 1
        }) as u32
    }

    pub fn here(&self) -> u32 {
        self.program.code.len() as u32
    }

    pub fn patch(&mut self, jumps: Vec<usize>) {
        let here = self.here();
        for jump in jumps {
            match &mut self.program.code[jump] {
                Ins::Jump { to } | Ins::JumpUnless { to, .. } | Ins::JumpIfEqual { to, .. } => *to = here,
                other => unreachable!("{other:?} is no jump"),
            }
        }
    }

    /// Words of the type of an expression.
    pub fn words_of(&self, scope: &Scope<'m>, handle: Handle<Expression>) -> u64 {
        self.layout.words(self.inner(scope, handle))
    }

    pub fn inner(&self, scope: &Scope<'m>, handle: Handle<Expression>) -> &'m TypeInner {
        match scope.types {
            Types::Function(info) => info[handle].ty.inner_with(&self.module().types),
            Types::Global(info) => info[handle].inner_with(&self.module().types),
        }
    }

    /// Gives every global its place.
    pub fn place_globals(&mut self, used: &FunctionInfo) -> Result<(), Diagnostic> {
        let module = self.module();
        let mut workgroup = 0u64;
        for (handle, variable) in module.global_variables.iter() {
            self.at = module.global_variables.get_span(handle);
            if used[handle].is_empty() {
                self.globals.push(None);
                continue;
            }
            let inner = &module.types[variable.ty].inner;
            let words = self.layout.words(inner);
            let named = |base: u64| Named {
                name: variable.name.clone().unwrap_or_default(),
                base: base as u32,
                stride: self.element_stride(inner),
            };
            let (space, base) = match variable.space {
                AddressSpace::Private => {
                    let slot = match variable.init {
                        Some(init) => {
                            let value = self.evaluate(init)?;
                            let slot = self.alloc(words)?;
                            self.program.template[slot as usize..][..value.len()].copy_from_slice(&value);
                            slot
                        }
                        None => self.alloc(words)?,
                    };
                    (Space::Frame, slot)
                }
                AddressSpace::WorkGroup => {
                    // Vectors of 4 are the widest alignment there is.
                    workgroup = workgroup.next_multiple_of(4);
                    self.program.workgroup_variables.push(named(workgroup));
                    workgroup += words;
                    if workgroup > MAX_WORKGROUP_WORDS {
                        let (limit, got) = (MAX_WORKGROUP_WORDS * 4, workgroup * 4);
                        return Err(self.refuse(Hint::WorkgroupMemory { limit, got }));
                    }
                    (Space::Workgroup, (workgroup - words) as u32)
                }
                AddressSpace::Uniform | AddressSpace::Storage { .. } => {
                    let Some(at) = &variable.binding else { return Err(self.unsupported("binding")) };
                    let writable = matches!(variable.space, AddressSpace::Storage { access } if access.contains(StorageAccess::STORE));
                    // Two variables at one binding are two views of the same bytes.
                    let place = (at.group, at.binding);
                    let known = self.program.buffers.iter().position(|slot| (slot.group, slot.binding) == place);
                    let number = known.unwrap_or(self.program.buffers.len());
                    match known {
                        Some(number) => self.program.buffers[number].writable |= writable,
                        None => self.program.buffers.push(BufferSlot {
                            group: at.group,
                            binding: at.binding,
                            writable,
                            named: named(0),
                        }),
                    }
                    (Space::Buffer(number as u32), 0)
                }
                _ => return Err(self.unsupported("texture, sampler")),
            };
            let name = self.name(variable.name.as_deref().unwrap_or_default());
            self.globals.push(Some(Loc::Place(Address { space, base, dynamic: NONE }, name)));
        }
        self.program.workgroup_words = workgroup as u32;
        Ok(())
    }

    /// Words from one element to the next, for messages.
    fn element_stride(&self, inner: &TypeInner) -> u32 {
        match inner {
            TypeInner::Array { base, stride, .. } => self.layout.stride(*base, *stride).max(1) as u32,
            _ => 1,
        }
    }

    /// The value of a global expression, computed now.
    pub fn evaluate(&self, handle: Handle<Expression>) -> Result<Vec<u32>, Diagnostic> {
        let module = self.module();
        let mut apart = Compiler::new(self.valid, self.layout.overrides);
        apart.at = module.global_expressions.get_span(handle);
        let mut scope = Scope::new(&module.global_expressions, Types::Global(&self.valid.info));
        let slot = apart.value(&mut scope, handle)?;
        let n = apart.words_of(&scope, handle);
        apart.push(Ins::End)?;
        super::run::constant(&apart.program, slot, n as usize)
    }

    /// The bits of every override: given, or computed from its default.
    pub fn override_values(valid: &Valid, given: &[(&str, f64)]) -> Result<OverrideValues, Diagnostic> {
        let mut values: OverrideValues = Vec::new();
        for (handle, item) in valid.module.overrides.iter() {
            let bits = {
                let compiler =
                    Compiler { at: valid.module.overrides.get_span(handle), ..Compiler::new(valid, &values) };
                compiler.override_bits(item, given)?
            };
            values.push(Some(bits));
        }
        Ok(values)
    }

    fn override_bits(&self, item: &Override, given: &[(&str, f64)]) -> Result<u32, Diagnostic> {
        let set = given.iter().find(|(name, _)| item.name.as_deref() == Some(name)).map(|(_, value)| *value);
        let kind = match &self.module().types[item.ty].inner {
            TypeInner::Scalar(scalar) => scalar.kind,
            _ => return Err(self.unsupported("override")),
        };
        match (set, item.init) {
            (Some(value), _) => Ok(match kind {
                ScalarKind::Float => (value as f32).to_bits(),
                ScalarKind::Sint => value as i32 as u32,
                ScalarKind::Bool => u32::from(value != 0.0),
                _ => value as u32,
            }),
            (None, Some(init)) => self.evaluate(init)?.first().copied().ok_or_else(|| self.unsupported("override")),
            (None, None) => Err(self.unsupported("override")),
        }
    }

    /// Compiles entry point number `index`.
    pub fn entry(mut self, index: usize) -> Result<Program, Diagnostic> {
        let module = self.module();
        let entry = &module.entry_points[index];
        let info = self.valid.info.get_entry_point(index);
        self.place_globals(info)?;
        for axis in 0..3 {
            let expression = entry.workgroup_size_overrides.and_then(|sizes| sizes[axis]);
            self.program.size[axis] = match expression {
                Some(handle) => self.evaluate(handle)?.first().copied().unwrap_or(1),
                None => entry.workgroup_size[axis],
            };
        }
        let invocations = self.program.size.iter().fold(1u32, |n, size| n.saturating_mul(*size));
        if invocations == 0 || invocations > MAX_INVOCATIONS {
            return Err(self
                .refuse(Hint::TooManyInvocations { limit: u64::from(MAX_INVOCATIONS), got: u64::from(invocations) }));
        }
        let mut scope = Scope::new(&entry.function.expressions, Types::Function(info));
        scope.is_entry = true;
        for argument in &entry.function.arguments {
            let inner = &module.types[argument.ty].inner;
            let slot = match (&argument.binding, inner) {
                (Some(binding), _) => self.builtin(binding)?,
                (None, TypeInner::Struct { members, .. }) => {
                    let dst = self.alloc(self.layout.words(inner))?;
                    for (i, member) in members.iter().enumerate() {
                        let Some(binding) = &member.binding else { return Err(self.unsupported("argument")) };
                        let src = self.builtin(binding)?;
                        let n = self.layout.words(&module.types[member.ty].inner) as u32;
                        self.push(Ins::Copy { dst: dst + self.layout.member(inner, i) as u32, src, n })?;
                    }
                    dst
                }
                _ => return Err(self.unsupported("argument")),
            };
            scope.arguments.push(Loc::Slot(slot));
        }
        self.body(&mut scope, &entry.function)?;
        self.push(Ins::End)?;
        Ok(self.program)
    }

    fn builtin(&self, binding: &Binding) -> Result<Slot, Diagnostic> {
        let Binding::BuiltIn(which) = binding else { return Err(self.unsupported("@location")) };
        Ok(match which {
            BuiltIn::GlobalInvocationId => builtin::GLOBAL_ID,
            BuiltIn::LocalInvocationId => builtin::LOCAL_ID,
            BuiltIn::LocalInvocationIndex => builtin::LOCAL_INDEX,
            BuiltIn::WorkGroupId => builtin::WORKGROUP_ID,
            BuiltIn::NumWorkGroups => builtin::NUM_WORKGROUPS,
            BuiltIn::WorkGroupSize => builtin::WORKGROUP_SIZE,
            _ => return Err(self.unsupported("@builtin")),
        })
    }

    pub fn atomic(&mut self, call: AtomicCall) -> Result<(), Diagnostic> {
        self.program.atomics.push(call);
        self.push(Ins::Atomic(self.program.atomics.len() as u32 - 1)).map(|_| ())
    }

    pub fn length(&self, size: ArraySize) -> Option<u32> {
        self.layout.length(size)
    }

    /// The bits of a literal.
    pub fn literal(&self, literal: Literal) -> Result<u32, Diagnostic> {
        Ok(match literal {
            Literal::F32(v) => v.to_bits(),
            Literal::U32(v) => v,
            Literal::I32(v) => v as u32,
            Literal::Bool(v) => u32::from(v),
            Literal::AbstractInt(v) => v as u32,
            Literal::AbstractFloat(v) => (v as f32).to_bits(),
            _ => return Err(self.unsupported("f16, f64, i64, u64")),
        })
    }
}
