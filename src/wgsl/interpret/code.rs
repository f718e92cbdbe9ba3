//! The flat form of an entry point: instructions over the words of one invocation's frame.
//!
//! Calls are expanded in place (WGSL has no recursion), so that an invocation is a program counter and a frame, and can
//! be left at a barrier and taken up again.

use naga::{AtomicFunction, MathFunction, ScalarKind, Span};

/// A position in an invocation's frame.
pub type Slot = u32;
/// No slot.
pub const NONE: Slot = u32::MAX;

/// Arithmetic on two values, word by word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    AddF,
    AddI,
    SubF,
    SubI,
    MulF,
    MulI,
    DivF,
    DivI,
    DivU,
    RemF,
    RemI,
    RemU,
    And,
    Or,
    Xor,
    Shl,
    ShrI,
    ShrU,
    EqF,
    NeF,
    LtF,
    LeF,
    EqI,
    NeI,
    LtI,
    LeI,
    LtU,
    LeU,
}

/// Arithmetic on one value, word by word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Un {
    NegF,
    NegI,
    NotBits,
    NotBool,
    FloatToSint,
    FloatToUint,
    SintToFloat,
    UintToFloat,
    FloatToBool,
    IntToBool,
    BoolToFloat,
}

/// A call of a builtin function on values of `lanes` words.
#[derive(Clone, Copy, Debug)]
pub struct MathCall {
    pub fun: MathFunction,
    pub kind: ScalarKind,
    pub lanes: u32,
    pub dst: Slot,
    pub args: [Slot; 4],
}

/// Which memory, where in it.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    pub space: Space,
    pub base: u32,
    /// The slot of a number to be added to `base`, or [`NONE`].
    pub dynamic: Slot,
}

/// A kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// The invocation's own frame: function and private variables.
    Frame,
    Workgroup,
    /// A buffer, by its number in [`Program::buffers`].
    Buffer(u32),
}

/// An atomic operation; `fun` absent is a plain atomic load or store.
#[derive(Clone, Copy, Debug)]
pub struct AtomicCall {
    pub fun: AtomicFunction,
    pub signed: bool,
    pub at: Address,
    pub value: Slot,
    /// Of a compare-exchange.
    pub compare: Slot,
    /// The old value, and for a compare-exchange whether it was exchanged; or [`NONE`].
    pub result: Slot,
}

/// One instruction.
#[derive(Clone, Copy, Debug)]
pub enum Ins {
    Copy {
        dst: Slot,
        src: Slot,
        n: u32,
    },
    Zero {
        dst: Slot,
        n: u32,
    },
    Load {
        at: Address,
        dst: Slot,
        n: u32,
    },
    Store {
        at: Address,
        src: Slot,
        n: u32,
    },
    /// `dst = prev + index * stride`, refused where `index` is outside `0..len`.
    Index {
        dst: Slot,
        index: Slot,
        prev: Slot,
        stride: u32,
        len: u32,
        name: u32,
        signed: bool,
    },
    /// The same for an array that fills the buffer from word `base` on.
    IndexBuffer {
        dst: Slot,
        index: Slot,
        stride: u32,
        buffer: u32,
        base: u32,
        signed: bool,
    },
    Length {
        dst: Slot,
        buffer: u32,
        base: u32,
        stride: u32,
    },
    Splat {
        dst: Slot,
        src: Slot,
        n: u32,
    },
    Swizzle {
        dst: Slot,
        src: Slot,
        pattern: [u8; 4],
        n: u32,
    },
    Binary {
        op: Op,
        dst: Slot,
        a: Slot,
        b: Slot,
        n: u32,
    },
    Unary {
        op: Un,
        dst: Slot,
        a: Slot,
        n: u32,
    },
    /// Word by word if `each`, otherwise by the one word `condition`.
    Select {
        dst: Slot,
        condition: Slot,
        accept: Slot,
        reject: Slot,
        n: u32,
        each: bool,
    },
    Math(u32),
    Atomic(u32),
    Jump {
        to: u32,
    },
    JumpUnless {
        condition: Slot,
        to: u32,
    },
    JumpIfEqual {
        a: Slot,
        value: u32,
        to: u32,
    },
    LoopEnter {
        number: u32,
    },
    LoopTurn {
        number: u32,
    },
    Barrier,
    End,
}

/// A variable outside functions, for messages.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    /// Where it begins, in words of its memory.
    pub base: u32,
    /// Words of one element.
    pub stride: u32,
}

/// A buffer that the program wants.
#[derive(Clone, Debug)]
pub struct BufferSlot {
    pub group: u32,
    pub binding: u32,
    pub writable: bool,
    pub named: Named,
}

/// Slots that every frame begins with.
pub mod builtin {
    pub const GLOBAL_ID: u32 = 0;
    pub const LOCAL_ID: u32 = 3;
    pub const WORKGROUP_ID: u32 = 6;
    pub const NUM_WORKGROUPS: u32 = 9;
    pub const WORKGROUP_SIZE: u32 = 12;
    pub const LOCAL_INDEX: u32 = 15;
    /// The first slot after them.
    pub const END: u32 = 16;
}

/// An entry point ready to run.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) code: Vec<Ins>,
    pub(super) spans: Vec<Span>,
    pub(super) math: Vec<MathCall>,
    pub(super) atomics: Vec<AtomicCall>,
    /// The frame of an invocation that begins: constants in place, everything else zero.
    pub(super) template: Vec<u32>,
    pub(super) buffers: Vec<BufferSlot>,
    pub(super) workgroup_variables: Vec<Named>,
    pub(super) workgroup_words: u32,
    /// Names of arrays, for messages.
    pub(super) names: Vec<String>,
    /// Where each loop begins and ends in the code, and where it stands in the text.
    pub(super) loops: Vec<(u32, u32, Span)>,
    pub(super) size: [u32; 3],
    pub(super) text: String,
}

impl Program {
    /// Invocations of a workgroup in each dimension.
    pub fn workgroup_size(&self) -> [u32; 3] {
        self.size
    }

    /// How many instructions the flat form has.
    pub fn instructions(&self) -> usize {
        self.code.len()
    }
}
