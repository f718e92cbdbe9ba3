//! From naga's statements to instructions and jumps.

use naga::{Block, Expression, Function, Handle, ScalarKind, Span, Statement, SwitchValue, TypeInner};

use super::super::check::Diagnostic;
use super::code::{Address, AtomicCall, Ins, NONE, Space};
use super::compile::{Compiler, Exits, Loc, Scope, Types};

impl<'m> Compiler<'m> {
    /// Local variables, then the statements.
    pub fn body(&mut self, scope: &mut Scope<'m>, function: &'m Function) -> Result<(), Diagnostic> {
        for (handle, local) in function.local_variables.iter() {
            self.at = function.local_variables.get_span(handle);
            let n = self.layout.words(&self.module().types[local.ty].inner);
            let slot = self.alloc(n)?;
            match local.init {
                Some(init) => {
                    let src = self.value(scope, init)?;
                    self.push(Ins::Copy { dst: slot, src, n: n as u32 })?;
                }
                None => {
                    self.push(Ins::Zero { dst: slot, n: n as u32 })?;
                }
            }
            let name = self.name(local.name.as_deref().unwrap_or_default());
            scope.locals.push(Loc::Place(Address { space: Space::Frame, base: slot, dynamic: NONE }, name));
        }
        self.block(scope, &function.body)
    }

    fn block(&mut self, scope: &mut Scope<'m>, block: &'m Block) -> Result<(), Diagnostic> {
        for (statement, span) in block.span_iter() {
            self.at = *span;
            self.statement(scope, statement, *span)?;
        }
        Ok(())
    }

    fn statement(&mut self, scope: &mut Scope<'m>, statement: &'m Statement, span: Span) -> Result<(), Diagnostic> {
        match statement {
            Statement::Emit(range) => {
                for handle in range.clone() {
                    self.at = scope.expressions.get_span(handle);
                    let loc = self.compute(scope, handle)?;
                    scope.found[handle.index()] = Some(loc);
                }
            }
            Statement::Block(block) => self.block(scope, block)?,
            Statement::If { condition, accept, reject } => {
                let condition = self.value(scope, *condition)?;
                let otherwise = self.push(Ins::JumpUnless { condition, to: 0 })?;
                self.block(scope, accept)?;
                if reject.is_empty() {
                    self.patch(vec![otherwise]);
                } else {
                    let end = self.push(Ins::Jump { to: 0 })?;
                    self.patch(vec![otherwise]);
                    self.block(scope, reject)?;
                    self.patch(vec![end]);
                }
            }
            Statement::Switch { selector, cases } => self.switch(scope, *selector, cases)?,
            Statement::Loop { body, continuing, break_if } => {
                let number = self.program.loops.len() as u32;
                self.program.loops.push((0, 0, span));
                self.push(Ins::LoopEnter { number })?;
                let begin = self.here();
                self.push(Ins::LoopTurn { number })?;
                scope.exits.push(Exits { breaks: Vec::new(), continues: Some(Vec::new()) });
                self.block(scope, body)?;
                let continues = scope.exits.last_mut().and_then(|e| e.continues.take()).unwrap_or_default();
                self.patch(continues);
                self.block(scope, continuing)?;
                self.at = span;
                if let Some(condition) = break_if {
                    let condition = self.value(scope, *condition)?;
                    self.push(Ins::JumpUnless { condition, to: begin })?;
                } else {
                    self.push(Ins::Jump { to: begin })?;
                }
                let exits = scope.exits.pop().map(|e| e.breaks).unwrap_or_default();
                self.patch(exits);
                self.program.loops[number as usize] = (begin, self.here(), span);
            }
            Statement::Break => {
                let jump = self.push(Ins::Jump { to: 0 })?;
                if let Some(exits) = scope.exits.last_mut() {
                    exits.breaks.push(jump);
                }
            }
            Statement::Continue => {
                let jump = self.push(Ins::Jump { to: 0 })?;
                if let Some(continues) = scope.exits.iter_mut().rev().find_map(|e| e.continues.as_mut()) {
                    continues.push(jump);
                }
            }
            Statement::Return { .. } | Statement::Kill if scope.is_entry => {
                self.push(Ins::End)?;
            }
            Statement::Return { value } => {
                if let Some(value) = value {
                    let src = self.value(scope, *value)?;
                    let n = self.words_of(scope, *value) as u32;
                    self.push(Ins::Copy { dst: scope.result, src, n })?;
                }
                let jump = self.push(Ins::Jump { to: 0 })?;
                scope.returns.push(jump);
            }
            Statement::ControlBarrier(_) => {
                self.push(Ins::Barrier)?;
            }
            Statement::MemoryBarrier(_) => {}
            Statement::Store { pointer, value } => {
                let (at, _) = self.place(scope, *pointer)?;
                let src = self.value(scope, *value)?;
                let n = self.words_of(scope, *value) as u32;
                if self.is_atomic(scope, *pointer) {
                    let fun = naga::AtomicFunction::Exchange { compare: None };
                    self.atomic(AtomicCall { fun, signed: false, at, value: src, compare: NONE, result: NONE })?;
                } else if at.space == Space::Frame && at.dynamic == NONE {
                    self.push(Ins::Copy { dst: at.base, src, n })?;
                } else {
                    self.push(Ins::Store { at, src, n })?;
                }
            }
            Statement::Atomic { pointer, fun, value, result } => {
                let (at, _) = self.place(scope, *pointer)?;
                let signed = matches!(self.inner(scope, *value), TypeInner::Scalar(s) if s.kind == ScalarKind::Sint);
                let compare = match fun {
                    naga::AtomicFunction::Exchange { compare: Some(compare) } => self.value(scope, *compare)?,
                    _ => NONE,
                };
                let value = self.value(scope, *value)?;
                let slot = match result {
                    Some(result) => {
                        let slot = self.alloc(self.words_of(scope, *result))?;
                        scope.found[result.index()] = Some(Loc::Slot(slot));
                        slot
                    }
                    None => NONE,
                };
                self.atomic(AtomicCall { fun: *fun, signed, at, value, compare, result: slot })?;
            }
            Statement::WorkGroupUniformLoad { pointer, result } => {
                let (at, _) = self.place(scope, *pointer)?;
                let n = self.words_of(scope, *result);
                let dst = self.alloc(n)?;
                self.push(Ins::Barrier)?;
                self.push(Ins::Load { at, dst, n: n as u32 })?;
                self.push(Ins::Barrier)?;
                scope.found[result.index()] = Some(Loc::Slot(dst));
            }
            Statement::Call { function, arguments, result } => {
                let callee = &self.module().functions[*function];
                let mut inside = Scope::new(&callee.expressions, Types::Function(&self.valid.info[*function]));
                for argument in arguments {
                    let loc = self.lower(scope, *argument)?;
                    inside.arguments.push(loc);
                }
                if let Some(result) = result {
                    inside.result = self.alloc(self.words_of(scope, *result))?;
                    scope.found[result.index()] = Some(Loc::Slot(inside.result));
                }
                self.body(&mut inside, callee)?;
                self.patch(inside.returns);
            }
            _ => return Err(self.unsupported("texture, subgroup")),
        }
        Ok(())
    }

    fn switch(
        &mut self,
        scope: &mut Scope<'m>,
        selector: Handle<Expression>,
        cases: &'m [naga::SwitchCase],
    ) -> Result<(), Diagnostic> {
        let a = self.value(scope, selector)?;
        let mut jumps = Vec::new();
        let mut default = None;
        for (i, case) in cases.iter().enumerate() {
            let value = match case.value {
                SwitchValue::I32(v) => v as u32,
                SwitchValue::U32(v) => v,
                SwitchValue::Default => {
                    default = Some(i);
                    continue;
                }
            };
            jumps.push((i, self.push(Ins::JumpIfEqual { a, value, to: 0 })?));
        }
        let otherwise = self.push(Ins::Jump { to: 0 })?;
        scope.exits.push(Exits { breaks: Vec::new(), continues: None });
        for (i, case) in cases.iter().enumerate() {
            let here = jumps.iter().filter(|(to, _)| *to == i).map(|(_, jump)| *jump);
            self.patch(here.chain((default == Some(i)).then_some(otherwise)).collect());
            self.block(scope, &case.body)?;
            if !case.fall_through {
                let jump = self.push(Ins::Jump { to: 0 })?;
                if let Some(exits) = scope.exits.last_mut() {
                    exits.breaks.push(jump);
                }
            }
        }
        let exits = scope.exits.pop().map(|e| e.breaks).unwrap_or_default();
        self.patch(exits);
        if default.is_none() {
            self.patch(vec![otherwise]);
        }
        Ok(())
    }
}
