//! What to do about a mistake in a WGSL text: the second half of a diagnostic, worded for a student.

use serde::{Deserialize, Serialize};

use super::wording::shown;
use crate::text::{Lang, integer, msg};

/// The commonest mistakes, and everything that only the workshop notices. Names come from the learner's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    // The text cannot be read.
    MissingSemicolon,
    Unclosed {
        bracket: String,
    },
    Unbalanced {
        bracket: String,
    },
    UnknownName {
        name: String,
        nearest: String,
    },
    ForeignType {
        name: String,
        wgsl: String,
    },
    Ternary,
    /// `&p` in a condition of C's kind, `++i`, `i = j = 0` and the like: not an expression in WGSL.
    NotAnExpression,
    Reserved {
        name: String,
    },
    Twice {
        name: String,
    },
    // The text is understood and wrong.
    Types {
        expected: String,
        got: String,
    },
    Suffix {
        wanted: String,
    },
    NotBool,
    AssignToLet {
        name: String,
    },
    AssignToArgument {
        name: String,
    },
    ReadOnly {
        name: String,
    },
    MissingReturn,
    ArgumentCount {
        expected: String,
        got: String,
    },
    ArgumentType,
    NoSuchField {
        name: String,
    },
    IndexType,
    ShiftType,
    ConstantNeeded,
    NotAtomic,
    AtomicAccess,
    WorkgroupInFunction,
    MissingWorkgroupSize,
    UnknownBuiltin,
    BuiltinType,
    MissingBinding {
        name: String,
    },
    SameBinding {
        binding: u32,
    },
    ArrayInUniform,
    IndexBeyond,
    NonUniformBarrier,
    NoExtension,
    Discard,
    Recursion {
        name: String,
    },
    EndlessLoop,
    // The text is valid and does not fit the kernel it replaces.
    NoEntry {
        entry: String,
    },
    NoBinding {
        binding: u32,
        name: String,
    },
    ForeignBinding {
        binding: u32,
    },
    OtherAccess {
        binding: u32,
        expected: String,
    },
    NoOverride {
        name: String,
    },
    OtherWorkgroup {
        expected: String,
        got: String,
    },
    NoParams,
    OtherParams {
        field: String,
        expected: String,
        got: String,
    },
    // The text is refused.
    TooLong {
        limit: u64,
        got: u64,
    },
    TooNested,
    // The text was run, and stopped here.
    OutOfBounds {
        name: String,
        index: i64,
        length: u64,
    },
    Endless {
        steps: u64,
    },
    BarrierMissed {
        waiting: u64,
        ended: u64,
    },
    BarriersDiffer,
    Race {
        name: String,
        index: u64,
        first: u64,
        second: u64,
    },
    WriteTwice {
        name: String,
        index: u64,
        first: u64,
        second: u64,
    },
    WorkgroupMemory {
        limit: u64,
        got: u64,
    },
    TooManyInvocations {
        limit: u64,
        got: u64,
    },
    NotInterpreted {
        what: String,
    },
    TooBig,
}

impl Hint {
    /// The hint in a cell of the table `diagnostics`.
    pub fn from_cell(cell: &str) -> Option<Hint> {
        serde_json::from_str(cell).ok()
    }

    /// How it travels in a cell.
    pub fn to_cell(&self) -> String {
        serde_json::to_string(self).expect("a hint is plain data and always serialises")
    }

    /// This hint as a student should read it.
    pub fn sentence(&self, lang: Lang) -> String {
        let n = |n: u64| integer(lang, n);
        match self {
            Hint::MissingSemicolon => msg::hint_missing_semicolon(lang).to_owned(),
            Hint::Unclosed { bracket } => msg::hint_unclosed(lang, &shown(bracket)),
            Hint::Unbalanced { bracket } => msg::hint_unbalanced(lang, &shown(bracket)),
            Hint::Discard => msg::hint_discard(lang).to_owned(),
            Hint::UnknownName { name, nearest } if nearest.is_empty() => msg::hint_unknown_name(lang, &shown(name)),
            Hint::UnknownName { name, nearest } => msg::hint_unknown_name_near(lang, &shown(name), &shown(nearest)),
            Hint::ForeignType { name, wgsl } => msg::hint_foreign_type(lang, &shown(name), &shown(wgsl)),
            Hint::Ternary => msg::hint_ternary(lang).to_owned(),
            Hint::NotAnExpression => msg::hint_not_an_expression(lang).to_owned(),
            Hint::Reserved { name } => msg::hint_reserved(lang, &shown(name)),
            Hint::Twice { name } => msg::hint_twice(lang, &shown(name)),
            Hint::Types { expected, got } => msg::hint_types(lang, &shown(expected), &shown(got)),
            Hint::Suffix { wanted } => msg::hint_suffix(lang, &shown(wanted)),
            Hint::NotBool => msg::hint_not_bool(lang).to_owned(),
            Hint::AssignToLet { name } => msg::hint_assign_to_let(lang, &shown(name)),
            Hint::AssignToArgument { name } => msg::hint_assign_to_argument(lang, &shown(name)),
            Hint::ReadOnly { name } => msg::hint_read_only(lang, &shown(name)),
            Hint::MissingReturn => msg::hint_missing_return(lang).to_owned(),
            Hint::ArgumentCount { expected, got } => msg::hint_argument_count(lang, &shown(expected), &shown(got)),
            Hint::ArgumentType => msg::hint_argument_type(lang).to_owned(),
            Hint::NoSuchField { name } => msg::hint_no_such_field(lang, &shown(name)),
            Hint::IndexType => msg::hint_index_type(lang).to_owned(),
            Hint::ShiftType => msg::hint_shift_type(lang).to_owned(),
            Hint::ConstantNeeded => msg::hint_constant_needed(lang).to_owned(),
            Hint::NotAtomic => msg::hint_not_atomic(lang).to_owned(),
            Hint::AtomicAccess => msg::hint_atomic_access(lang).to_owned(),
            Hint::WorkgroupInFunction => msg::hint_workgroup_in_function(lang).to_owned(),
            Hint::MissingWorkgroupSize => msg::hint_missing_workgroup_size(lang).to_owned(),
            Hint::UnknownBuiltin => msg::hint_unknown_builtin(lang).to_owned(),
            Hint::BuiltinType => msg::hint_builtin_type(lang).to_owned(),
            Hint::MissingBinding { name } => msg::hint_missing_binding(lang, &shown(name)),
            Hint::SameBinding { binding } => msg::hint_same_binding(lang, &n(u64::from(*binding))),
            Hint::ArrayInUniform => msg::hint_array_in_uniform(lang).to_owned(),
            Hint::IndexBeyond => msg::hint_index_beyond(lang).to_owned(),
            Hint::NonUniformBarrier => msg::hint_non_uniform_barrier(lang).to_owned(),
            Hint::NoExtension => msg::hint_no_extension(lang).to_owned(),
            Hint::Recursion { name } => msg::hint_recursion(lang, &shown(name)),
            Hint::EndlessLoop => msg::hint_endless_loop(lang).to_owned(),
            Hint::NoEntry { entry } => msg::hint_no_entry(lang, &shown(entry)),
            Hint::NoBinding { binding, name } => msg::hint_no_binding(lang, &binding.to_string(), &shown(name)),
            Hint::ForeignBinding { binding } => msg::hint_foreign_binding(lang, &binding.to_string()),
            Hint::OtherAccess { binding, expected } => {
                msg::hint_other_access(lang, &binding.to_string(), &shown(expected))
            }
            Hint::NoOverride { name } => msg::hint_no_override(lang, &shown(name)),
            Hint::OtherWorkgroup { expected, got } => msg::hint_other_workgroup(lang, &shown(expected), &shown(got)),
            Hint::NoParams => msg::hint_no_params(lang).to_owned(),
            Hint::OtherParams { field, expected, got } => {
                msg::hint_other_params(lang, &shown(expected), &shown(field), &shown(got))
            }
            Hint::TooLong { limit, got } => msg::hint_too_long(lang, &n(*got), &n(*limit)),
            Hint::TooNested => msg::hint_too_nested(lang).to_owned(),
            Hint::OutOfBounds { name, index, length } => {
                msg::hint_out_of_bounds(lang, &index.to_string(), &n(*length), &shown(name))
            }
            Hint::Endless { steps } => msg::hint_endless(lang, &n(*steps)),
            Hint::BarrierMissed { waiting, ended } => msg::hint_barrier_missed(lang, &n(*ended), &n(*waiting)),
            Hint::BarriersDiffer => msg::hint_barriers_differ(lang).to_owned(),
            Hint::Race { name, index, first, second } => {
                msg::hint_race(lang, &n(*first), &n(*index), &shown(name), &n(*second))
            }
            Hint::WriteTwice { name, index, first, second } => {
                msg::hint_write_twice(lang, &n(*first), &n(*index), &shown(name), &n(*second))
            }
            Hint::WorkgroupMemory { limit, got } => msg::hint_workgroup_memory(lang, &n(*got), &n(*limit)),
            Hint::TooManyInvocations { limit, got } => msg::hint_too_many_invocations(lang, &n(*got), &n(*limit)),
            Hint::NotInterpreted { what } => msg::hint_not_interpreted(lang, &shown(what)),
            Hint::TooBig => msg::hint_too_big(lang).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_survives_its_cell() {
        let hint = Hint::Race { name: "tile".into(), index: 3, first: 0, second: 5 };
        assert_eq!(Hint::from_cell(&hint.to_cell()), Some(hint));
        assert_eq!(Hint::from_cell(""), None);
    }
}
