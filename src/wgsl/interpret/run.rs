//! Runs the flat form: the invocations of a workgroup in turn, each up to its next barrier.

use naga::{AtomicFunction, MathFunction, Span};

use crate::protocol::Hint;

use super::super::check::Diagnostic;
use super::super::place::Place;
use super::Counts;
use super::code::{Address, AtomicCall, Ins, NONE, Op, Program, Slot, Space, builtin};
use super::math;
use super::memory::{Shared, Storage, Visitor};

/// Why an invocation paused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pause {
    Barrier,
    End,
}

/// The program counter of an invocation; it waits there, or has ended.
#[derive(Clone, Copy)]
struct Invocation {
    pc: usize,
    ended: bool,
}

/// A program with its buffers, while it runs.
pub struct Machine<'p> {
    program: &'p Program,
    frames: Vec<u32>,
    shared: Shared,
    buffers: Vec<Storage>,
    limit: u64,
    counts: Counts,
    /// Turns of each loop since it was entered last.
    turns: Vec<u64>,
    epoch: u32,
}

impl<'p> Machine<'p> {
    /// A machine with these buffers, `(group, binding, words)`; a buffer that is not given is empty. It stops with an error
    /// after `limit` instructions.
    pub fn new(program: &'p Program, given: Vec<(u32, u32, Vec<u32>)>, limit: u64) -> Machine<'p> {
        let mut given = given;
        let buffers = program.buffers.iter().map(|slot| {
            let found = given.iter_mut().find(|(group, binding, _)| (*group, *binding) == (slot.group, slot.binding));
            let words = found.map(|(.., words)| std::mem::take(words)).unwrap_or_default();
            Storage::new(words, slot.writable)
        });
        Machine {
            program,
            frames: Vec::new(),
            shared: Shared::new(program.workgroup_words),
            buffers: buffers.collect(),
            limit,
            counts: Counts::default(),
            turns: vec![0; program.loops.len()],
            epoch: 0,
        }
    }

    /// What was done so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The words of a buffer; empty if the program does not use it.
    pub fn buffer(&self, group: u32, binding: u32) -> &[u32] {
        let at = self.program.buffers.iter().position(|slot| (slot.group, slot.binding) == (group, binding));
        at.map_or(&[], |at| &self.buffers[at].words)
    }

    /// Runs all workgroups, `count` in each dimension.
    ///
    /// # Errors
    /// What a GPU would have done silently, at its line.
    pub fn dispatch(&mut self, count: [u32; 3]) -> Result<(), Diagnostic> {
        for z in 0..count[2] {
            for y in 0..count[1] {
                for x in 0..count[0] {
                    self.workgroup([x, y, z], count)?;
                }
            }
        }
        Ok(())
    }

    fn fault(&self, pc: usize, hint: Hint) -> Diagnostic {
        let span = self.program.spans.get(pc).copied().unwrap_or(Span::UNDEFINED);
        Diagnostic::ours(Place::of_span(&self.program.text, span), hint)
    }

    /// Runs one workgroup to its end.
    ///
    /// # Errors
    /// As [`Machine::dispatch`].
    pub fn workgroup(&mut self, id: [u32; 3], count: [u32; 3]) -> Result<(), Diagnostic> {
        let size = self.program.size;
        let invocations = (size[0] * size[1] * size[2]) as usize;
        let width = self.program.template.len();
        self.shared.clear();
        self.epoch += 1;
        self.frames.clear();
        for local in 0..invocations as u32 {
            let begin = self.frames.len();
            self.frames.extend_from_slice(&self.program.template);
            let frame = &mut self.frames[begin..];
            let place = [local % size[0], local / size[0] % size[1], local / size[0] / size[1]];
            for axis in 0..3 {
                frame[builtin::GLOBAL_ID as usize + axis] = id[axis].wrapping_mul(size[axis]).wrapping_add(place[axis]);
                frame[builtin::LOCAL_ID as usize + axis] = place[axis];
                frame[builtin::WORKGROUP_ID as usize + axis] = id[axis];
                frame[builtin::NUM_WORKGROUPS as usize + axis] = count[axis];
                frame[builtin::WORKGROUP_SIZE as usize + axis] = size[axis];
            }
            frame[builtin::LOCAL_INDEX as usize] = local;
        }
        let number = id[0]
            .wrapping_add(id[1].wrapping_mul(count[0]))
            .wrapping_add(id[2].wrapping_mul(count[0]).wrapping_mul(count[1]));
        let mut all = vec![Invocation { pc: 0, ended: false }; invocations];
        loop {
            for (local, invocation) in all.iter_mut().enumerate() {
                let who = Visitor { local: local as u32, workgroup: number, epoch: self.epoch };
                let (pause, pc) = self.resume(local * width, invocation.pc, who)?;
                *invocation = Invocation { pc, ended: pause == Pause::End };
            }
            let ended = all.iter().filter(|i| i.ended).count();
            if ended == invocations {
                return Ok(());
            }
            let waits: Vec<usize> = all.iter().filter(|i| !i.ended).map(|i| i.pc).collect();
            // `pc` is where each goes on: the barrier is the instruction before.
            let barrier = waits[0] - 1;
            if ended > 0 {
                let hint = Hint::BarrierMissed { waiting: waits.len() as u64, ended: ended as u64 };
                return Err(self.fault(barrier, hint));
            }
            if waits.iter().any(|pc| *pc != waits[0]) {
                return Err(self.fault(barrier, Hint::BarriersDiffer));
            }
            self.counts.barriers += 1;
            self.epoch += 1;
        }
    }

    /// The loop that does not end: of those around `pc`, the one that turned most often.
    fn endless(&self, pc: usize) -> Diagnostic {
        let around = self.program.loops.iter().zip(&self.turns);
        let around = around.filter(|((begin, end, _), _)| (*begin as usize..=*end as usize).contains(&pc));
        let hint = Hint::Endless { steps: self.limit };
        match around.max_by_key(|(_, turns)| **turns) {
            Some(((_, _, span), _)) => {
                // The line where the loop begins.
                let begin = span.to_range().map_or(0, |range| range.start);
                Diagnostic::ours(Place::of(&self.program.text, begin, begin + 1), hint)
            }
            None => self.fault(pc, hint),
        }
    }

    fn address(frame: &[u32], at: Address) -> usize {
        let dynamic = if at.dynamic == NONE { 0 } else { frame[at.dynamic as usize] };
        (at.base as usize).saturating_add(dynamic as usize)
    }

    /// Runs one invocation to its next barrier or its end.
    fn resume(&mut self, frame_begin: usize, from: usize, who: Visitor) -> Result<(Pause, usize), Diagnostic> {
        let program = self.program;
        let width = program.template.len();
        let mut frames = std::mem::take(&mut self.frames);
        let outcome = self.steps(program, &mut frames[frame_begin..frame_begin + width], from, who);
        self.frames = frames;
        outcome.map_err(|(pc, hint)| match hint {
            Hint::Endless { .. } => self.endless(pc),
            hint => self.fault(pc, hint),
        })
    }

    fn steps(
        &mut self,
        program: &Program,
        frame: &mut [u32],
        from: usize,
        who: Visitor,
    ) -> Result<(Pause, usize), (usize, Hint)> {
        let mut pc = from;
        let mut left = self.limit - self.counts.instructions.min(self.limit);
        let paused = loop {
            let ins = program.code[pc];
            if left == 0 {
                self.counts.instructions = self.limit;
                return Err((pc, Hint::Endless { steps: self.limit }));
            }
            left -= 1;
            pc += 1;
            match ins {
                Ins::Binary { op, dst, a, b, n } => {
                    let (dst, a, b) = (dst as usize, a as usize, b as usize);
                    if matches!(op, Op::MulF | Op::MulI) {
                        self.counts.multiplications += u64::from(n);
                    }
                    for k in 0..n as usize {
                        frame[dst + k] = math::binary(op, frame[a + k], frame[b + k]);
                    }
                }
                Ins::Copy { dst, src, n: 1 } => frame[dst as usize] = frame[src as usize],
                Ins::Copy { dst, src, n } => {
                    frame.copy_within(src as usize..(src + n) as usize, dst as usize);
                }
                Ins::Unary { op, dst, a, n } => {
                    for k in 0..n as usize {
                        frame[dst as usize + k] = math::unary(op, frame[a as usize + k]);
                    }
                }
                Ins::Jump { to } => pc = to as usize,
                Ins::JumpUnless { condition, to } => {
                    if frame[condition as usize] == 0 {
                        pc = to as usize;
                    }
                }
                Ins::JumpIfEqual { a, value, to } => {
                    if frame[a as usize] == value {
                        pc = to as usize;
                    }
                }
                Ins::LoopEnter { number } => self.turns[number as usize] = 0,
                Ins::LoopTurn { number } => self.turns[number as usize] += 1,
                Ins::Barrier => break Pause::Barrier,
                Ins::End => break Pause::End,
                other => self.step(program, frame, other, who).map_err(|hint| (pc - 1, hint))?,
            }
        };
        self.counts.instructions = self.limit - left;
        Ok((paused, pc))
    }

    /// Everything that is not plain arithmetic or a jump.
    fn step(&mut self, program: &Program, frame: &mut [u32], ins: Ins, who: Visitor) -> Result<(), Hint> {
        match ins {
            Ins::Zero { dst, n } => frame[dst as usize..(dst + n) as usize].fill(0),
            Ins::Splat { dst, src, n } => {
                let word = frame[src as usize];
                frame[dst as usize..(dst + n) as usize].fill(word);
            }
            Ins::Swizzle { dst, src, pattern, n } => {
                let words = pattern.map(|k| frame.get(src as usize + k as usize).copied().unwrap_or(0));
                frame[dst as usize..(dst + n) as usize].copy_from_slice(&words[..n as usize]);
            }
            Ins::Select { dst, condition, accept, reject, n, each } => {
                for k in 0..n as usize {
                    let chosen = frame[condition as usize + if each { k } else { 0 }] != 0;
                    frame[dst as usize + k] = frame[if chosen { accept } else { reject } as usize + k];
                }
            }
            Ins::Index { dst, index, prev, stride, len, name, signed } => {
                let index = frame[index as usize];
                if index >= len {
                    let index = if signed { i64::from(index as i32) } else { i64::from(index) };
                    let name = program.names.get(name as usize).cloned().unwrap_or_default();
                    return Err(Hint::OutOfBounds { name, index, length: u64::from(len) });
                }
                let before = if prev == NONE { 0 } else { frame[prev as usize] };
                frame[dst as usize] = before.wrapping_add(index.wrapping_mul(stride));
            }
            Ins::IndexBuffer { dst, index, stride, buffer, base, signed } => {
                let index = frame[index as usize];
                let length = self.elements(buffer, base, stride);
                if index >= length {
                    let index = if signed { i64::from(index as i32) } else { i64::from(index) };
                    let name = program.buffers[buffer as usize].named.name.clone();
                    return Err(Hint::OutOfBounds { name, index, length: u64::from(length) });
                }
                frame[dst as usize] = index.wrapping_mul(stride);
            }
            Ins::Length { dst, buffer, base, stride } => frame[dst as usize] = self.elements(buffer, base, stride),
            Ins::Load { at, dst, n } => self.load(program, frame, at, dst, n as usize, who)?,
            Ins::Store { at, src, n } => self.store(program, frame, at, src, n as usize, who)?,
            Ins::Math(number) => {
                let call = &program.math[number as usize];
                self.counts.multiplications += match call.fun {
                    MathFunction::Fma | MathFunction::Dot => u64::from(call.lanes),
                    MathFunction::Dot4I8Packed | MathFunction::Dot4U8Packed => 4,
                    _ => 0,
                };
                if !math::call(call, frame) {
                    return Err(Hint::NotInterpreted { what: format!("{:?}", call.fun) });
                }
            }
            Ins::Atomic(number) => self.atomic(program, frame, &program.atomics[number as usize])?,
            _ => {}
        }
        Ok(())
    }

    fn elements(&self, buffer: u32, base: u32, stride: u32) -> u32 {
        let words = self.buffers[buffer as usize].words.len();
        (words.saturating_sub(base as usize) / stride.max(1) as usize) as u32
    }

    fn load(
        &mut self,
        program: &Program,
        frame: &mut [u32],
        at: Address,
        dst: Slot,
        n: usize,
        who: Visitor,
    ) -> Result<(), Hint> {
        let from = Self::address(frame, at);
        let dst = dst as usize;
        match at.space {
            Space::Frame => frame.copy_within(from..from + n, dst),
            Space::Workgroup => {
                let words = self.shared.read(&program.workgroup_variables, who, from, n)?;
                frame[dst..dst + n].copy_from_slice(words);
            }
            Space::Buffer(buffer) => {
                let words = self.buffers[buffer as usize].read(&program.buffers[buffer as usize], from, n)?;
                frame[dst..dst + n].copy_from_slice(words);
                self.counts.words_read += n as u64;
            }
        }
        Ok(())
    }

    fn store(
        &mut self,
        program: &Program,
        frame: &mut [u32],
        at: Address,
        src: Slot,
        n: usize,
        who: Visitor,
    ) -> Result<(), Hint> {
        let to = Self::address(frame, at);
        let src = src as usize..src as usize + n;
        match at.space {
            Space::Frame => frame.copy_within(src, to),
            Space::Workgroup => self.shared.write(&program.workgroup_variables, who, to, &frame[src])?,
            Space::Buffer(buffer) => {
                self.buffers[buffer as usize].write(&program.buffers[buffer as usize], who, to, &frame[src])?;
                self.counts.words_written += n as u64;
            }
        }
        Ok(())
    }

    fn atomic(&mut self, program: &Program, frame: &mut [u32], call: &AtomicCall) -> Result<(), Hint> {
        let at = Self::address(frame, call.at);
        let value = frame[call.value as usize];
        let compare = if call.compare == NONE { 0 } else { frame[call.compare as usize] };
        let word = match call.at.space {
            Space::Buffer(buffer) => self.buffers[buffer as usize].atomic(&program.buffers[buffer as usize], at)?,
            _ => self.shared.atomic(&program.workgroup_variables, at)?,
        };
        let old = *word;
        let (a, b) = (old as i32, value as i32);
        let mut exchanged = true;
        *word = match (call.fun, call.signed) {
            (AtomicFunction::Add, _) => old.wrapping_add(value),
            (AtomicFunction::Subtract, _) => old.wrapping_sub(value),
            (AtomicFunction::And, _) => old & value,
            (AtomicFunction::ExclusiveOr, _) => old ^ value,
            (AtomicFunction::InclusiveOr, _) => old | value,
            (AtomicFunction::Min, true) => a.min(b) as u32,
            (AtomicFunction::Min, false) => old.min(value),
            (AtomicFunction::Max, true) => a.max(b) as u32,
            (AtomicFunction::Max, false) => old.max(value),
            (AtomicFunction::Exchange { compare: None }, _) => value,
            (AtomicFunction::Exchange { compare: Some(_) }, _) => {
                exchanged = old == compare;
                if exchanged { value } else { old }
            }
        };
        if call.result != NONE {
            frame[call.result as usize] = old;
            if call.compare != NONE {
                frame[call.result as usize + 1] = u32::from(exchanged);
            }
        }
        Ok(())
    }
}

/// Instructions that a constant may take.
const CONSTANT_LIMIT: u64 = 1 << 20;

/// Runs a program without memory and gives back part of its frame.
pub(super) fn constant(program: &Program, slot: Slot, n: usize) -> Result<Vec<u32>, Diagnostic> {
    let mut machine = Machine::new(program, Vec::new(), CONSTANT_LIMIT);
    machine.frames = program.template.clone();
    machine.resume(0, 0, Visitor { local: 0, workgroup: 0, epoch: 1 })?;
    Ok(machine.frames[slot as usize..slot as usize + n].to_vec())
}
