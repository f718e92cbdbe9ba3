//! From what naga says to what a student can act on: the place that is theirs, and a hint.

use std::error::Error;

use naga::valid::{
    CallError, ConstantError, EntryPointError, ExpressionError, FunctionError, GlobalVariableError, ValidationError,
    VaryingError,
};
use naga::{Module, Scalar, ScalarKind, Span, TypeInner, WithSpan};

use crate::protocol::Hint;

use super::check::Diagnostic;
use super::names::{foreign, nearest};
use super::place::Place;
use super::tokens::{Token, tokens};

/// The part of a text between a pair of backquotes, counted from 0.
fn quoted(message: &str, number: usize) -> &str {
    message.split('`').nth(2 * number + 1).unwrap_or_default()
}

fn owned(text: &str) -> String {
    text.to_owned()
}

/// The bytes that a span covers, cut to what exists.
fn piece(text: &str, span: Span) -> &str {
    span.to_range().and_then(|range| text.get(range)).unwrap_or_default()
}

/// A text that could not be read: what the front end says about it.
pub fn unreadable(text: &str, message: &str, labels: &[(Span, &str)], notes: &[&str]) -> Diagnostic {
    let mut spans = labels.iter().map(|(span, _)| *span).filter(|span| span.is_defined());
    // A conversion that does not exist: the value that should be converted is what the student looks at.
    let second = message.starts_with("automatic conversions") && labels.len() > 1;
    let span = if second { spans.nth(1) } else { spans.next() }.unwrap_or_default();
    let all = tokens(text);
    let begin = span.to_range().map_or(0, |range| range.start);
    // An error at the end of the text has no token of its own.
    let at = all.iter().position(|token| token.begin >= begin).unwrap_or(all.len());
    let (before, here) = (at.checked_sub(1).and_then(|i| all.get(i)), all.get(at));
    let mut place = Place::of_span(text, span);
    let hint = reading_hint(text, message, span, &all, at);
    // What is missing is missing at the end of the line before, where a student would write it.
    let missing = matches!(hint, Some(Hint::MissingSemicolon)) || here.is_none();
    if let (true, Some(before)) = (missing, before) {
        place = Place::of(text, before.begin, before.end());
    }
    if let Some(Hint::Unclosed { bracket }) = &hint
        && let Some(open) = last_unclosed(&all, bracket)
    {
        place = Place::of(text, open.begin, open.end());
    }
    let notes: String = notes.iter().take(2).map(|note| format!("; {note}")).collect();
    Diagnostic::at(place, format!("{message}{notes}"), hint)
}

/// The innermost `bracket` that stays open, if the text ends too early.
fn last_unclosed<'a>(all: &[Token<'a>], bracket: &str) -> Option<Token<'a>> {
    let mut open: Vec<Token<'a>> = Vec::new();
    for token in all {
        match token.text {
            "(" | "[" | "{" => open.push(*token),
            ")" | "]" | "}" => {
                open.pop();
            }
            _ => {}
        }
    }
    open.into_iter().rev().find(|token| token.text == bracket)
}

fn reading_hint(text: &str, message: &str, span: Span, all: &[Token<'_>], at: usize) -> Option<Hint> {
    let word = piece(text, span);
    let before = at.checked_sub(1).and_then(|i| all.get(i)).map_or("", |token| token.text);
    let here = all.get(at).map_or("", |token| token.text);
    let next = all.get(at + 1).map_or("", |token| token.text);
    let begins = |start: &str| message.starts_with(start);
    if let Some(wgsl) = foreign(word).or_else(|| foreign(before)).filter(|_| begins("expected") || begins("no def")) {
        let name = if foreign(word).is_some() { word } else { before };
        return Some(Hint::ForeignType { name: owned(name), wgsl: owned(wgsl) });
    }
    if begins("expected") {
        return unexpected(text, message, all, at, [before, here, next]);
    }
    if begins("no definition in scope") || begins("unknown type") || begins("unknown scalar type") {
        let name = quoted(message, 0);
        return Some(Hint::UnknownName { name: owned(name), nearest: nearest(name, all, at) });
    }
    if begins("automatic conversions") || begins("the type of") {
        let (got, expected) = if begins("the type of") {
            (quoted(message, 2), quoted(message, 1))
        } else {
            (quoted(message, 0), quoted(message, 1))
        };
        return Some(Hint::Types { expected: owned(expected), got: owned(got) });
    }
    if begins("inconsistent type passed") || begins("wrong type passed") {
        return Some(if matches!(here, "atomicAdd" | "atomicMax" | "atomicMin") {
            Hint::NotAtomic
        } else {
            Hint::ArgumentType
        });
    }
    if begins("wrong number of arguments") {
        let counts = message.split_once(": expected ").and_then(|(_, rest)| rest.split_once(", found "));
        let (expected, got) = counts.unwrap_or_default();
        return Some(Hint::ArgumentCount { expected: owned(expected), got: owned(got) });
    }
    let name = || owned(word.split(['.', '[', ' ']).next().unwrap_or_default());
    Some(match message {
        _ if begins("too many arguments") => Hint::ArgumentType,
        _ if begins("invalid field accessor") => Hint::NoSuchField { name: owned(quoted(message, 0)) },
        _ if begins("name `") => Hint::Reserved { name: owned(quoted(message, 0)) },
        _ if begins("redefinition") => Hint::Twice { name: owned(quoted(message, 0)) },
        _ if begins("invalid left-hand side") => assignment(word, text, span, all),
        _ if begins("declaration of") => Hint::Recursion { name: owned(quoted(message, 0)) },
        _ if begins("unknown address space") || begins("invalid address space") => Hint::WorkgroupInFunction,
        _ if begins("unknown builtin") => Hint::UnknownBuiltin,
        _ if begins("workgroup size is missing") => Hint::MissingWorkgroupSize,
        _ if begins("atomic variables cannot") => Hint::AtomicAccess,
        _ if begins("atomic operation") => Hint::NotAtomic,
        _ if begins("the `f16`") || begins("the `subgroups`") || begins("unknown enable") => Hint::NoExtension,
        _ if message.contains("enable extension") || message.contains("enable-extension") => Hint::NoExtension,
        _ if begins("must be a const-expression") || begins("this operation is not supported in a const") => {
            Hint::ConstantNeeded
        }
        _ if begins("increment/decrement operation") => Hint::AssignToLet { name: name() },
        _ => return None,
    })
}

/// A token that the grammar does not allow here.
fn unexpected(text: &str, message: &str, all: &[Token<'_>], at: usize, words: [&str; 3]) -> Option<Hint> {
    let [before, here, next] = words;
    let on_new_line = match (at.checked_sub(1).and_then(|i| all.get(i)), all.get(at)) {
        (Some(before), Some(here)) => text.get(before.end()..here.begin).is_some_and(|between| between.contains('\n')),
        (_, None) => {
            let bracket = ["{", "(", "["].into_iter().find(|bracket| last_unclosed(all, bracket).is_some())?;
            return Some(Hint::Unclosed { bracket: owned(bracket) });
        }
        _ => false,
    };
    let statement_ends = message.starts_with("expected `;`") || message.starts_with("expected assignment");
    if here == "?" {
        return Some(Hint::Ternary);
    }
    if on_new_line && (statement_ends || message.starts_with("expected operation")) {
        return Some(Hint::MissingSemicolon);
    }
    if matches!((here, next), ("+", "+") | ("-", "-"))
        || (here == "=" && before != "=")
        || message.contains("assignment")
    {
        return Some(Hint::NotAnExpression);
    }
    if statement_ends && !on_new_line && (here == "}" || next != "") && before != "" {
        return Some(Hint::MissingSemicolon);
    }
    if message.starts_with("expected identifier") && here.starts_with(|c: char| c.is_alphabetic()) {
        return Some(Hint::Reserved { name: owned(here) });
    }
    None
}

/// What the left side of an assignment that cannot be assigned to is.
fn assignment(word: &str, text: &str, span: Span, all: &[Token<'_>]) -> Hint {
    let name = word.split(['.', '[', ' ']).next().unwrap_or_default();
    let begin = span.to_range().map_or(0, |range| range.start);
    let declared = all.iter().take_while(|token| token.begin < begin).collect::<Vec<_>>();
    let by =
        declared.windows(2).rev().find(|pair| pair[1].text == name && pair[0].text != "." && is_keyword(pair[0].text));
    let argument = declared.windows(2).rev().find(|pair| pair[0].text == name && pair[1].text == ":");
    match (by, argument) {
        (None, Some(_)) if !text.is_empty() => Hint::AssignToArgument { name: owned(name) },
        _ => Hint::AssignToLet { name: owned(name) },
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "let" | "const" | "var" | "override")
}

/// A text that is read and not valid.
pub fn invalid(text: &str, module: &Module, error: &WithSpan<ValidationError>) -> Diagnostic {
    let spans: Vec<(Span, &str)> = error.spans().map(|(span, what)| (*span, what.as_str())).collect();
    let mut span = spans.first().map_or(Span::UNDEFINED, |(span, _)| *span);
    let hint = validity_hint(text, module, error.as_inner(), &mut span, &spans);
    let mut message = error.as_inner().to_string();
    let mut source: &dyn Error = error.as_inner();
    while let Some(next) = source.source() {
        message = next.to_string();
        source = next;
    }
    // `[7]` is the compiler's private number of an expression; what it stands for is in the text.
    for (span, what) in &spans {
        if let Some(number) = what.rfind('[').and_then(|i| what.get(i..)) {
            let quoted = piece(text, *span).split('\n').next().unwrap_or_default();
            message = message.replacen(number, &format!("`{quoted}`"), 4);
        }
    }
    Diagnostic::at(Place::of_span(text, span), message, hint)
}

fn validity_hint(
    text: &str,
    module: &Module,
    error: &ValidationError,
    span: &mut Span,
    spans: &[(Span, &str)],
) -> Option<Hint> {
    match error {
        ValidationError::GlobalVariable { handle, source, .. } => {
            *span = module.global_variables.get_span(*handle);
            let name = module.global_variables[*handle].name.clone().unwrap_or_default();
            match source {
                GlobalVariableError::InvalidBinding => Some(Hint::MissingBinding { name }),
                GlobalVariableError::Alignment(..) => Some(Hint::ArrayInUniform),
                GlobalVariableError::MissingTypeFlags { .. } | GlobalVariableError::InvalidType(_) => None,
                _ => None,
            }
        }
        ValidationError::Constant { source: ConstantError::NonConstructibleType, .. } => Some(Hint::ConstantNeeded),
        ValidationError::Function { source, .. } => function_hint(text, module, source, span, spans),
        ValidationError::EntryPoint { source, name, .. } => match source {
            EntryPointError::Function(source) => function_hint(text, module, source, span, spans),
            EntryPointError::BindingCollision(handle) => {
                *span = module.global_variables.get_span(*handle);
                let binding = module.global_variables[*handle].binding.as_ref().map_or(0, |b| b.binding);
                Some(Hint::SameBinding { binding })
            }
            EntryPointError::InvalidGlobalUsage(handle, _) => {
                let name = module.global_variables[*handle].name.clone().unwrap_or_default();
                Some(Hint::ReadOnly { name })
            }
            EntryPointError::Argument(index, source) => {
                *span = argument_span(text, name, *index as usize).unwrap_or(*span);
                matches!(source, VaryingError::InvalidBuiltInType(..) | VaryingError::MissingBinding)
                    .then_some(Hint::BuiltinType)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Where argument number `index` of a function stands.
fn argument_span(text: &str, function: &str, index: usize) -> Option<Span> {
    let all = tokens(text);
    let at = all.windows(2).position(|pair| pair[0].text == "fn" && pair[1].text == function)?;
    let (mut depth, mut number) = (0usize, 0usize);
    let mut begun = None;
    for token in &all[at + 2..] {
        match token.text {
            "(" | "<" => depth += 1,
            ")" | ">" if depth == 1 => break,
            ")" | ">" => depth -= 1,
            "," if depth == 1 => number += 1,
            ":" if depth == 1 && number == index => return begun,
            _ if depth == 1 && token.is_word() => begun = Some(Span::from(token.begin..token.end())),
            _ => {}
        }
    }
    begun
}

fn function_hint(
    text: &str,
    module: &Module,
    error: &FunctionError,
    span: &mut Span,
    spans: &[(Span, &str)],
) -> Option<Hint> {
    match error {
        FunctionError::Expression { source, .. } => expression_hint(module, source),
        FunctionError::InvalidReturnType { expression, .. } => {
            if expression.is_some() {
                return None;
            }
            // The end of the function, where the return is missing.
            let last = spans.iter().filter_map(|(span, _)| span.to_range()).map(|range| range.end).max();
            if let Some(end) = last.filter(|end| *end > 0) {
                *span = Span::from(end - 1..end);
            }
            Some(Hint::MissingReturn)
        }
        FunctionError::InvalidIfType(_) => Some(Hint::NotBool),
        FunctionError::InvalidStorePointer(_) => {
            let word = piece(text, *span);
            let name = word.split(['.', '[', ' ']).next().unwrap_or_default();
            Some(Hint::ReadOnly { name: owned(name) })
        }
        FunctionError::InvalidStoreTypes { .. } => Some(Hint::Suffix { wanted: owned("f32, i32, u32") }),
        FunctionError::InvalidCall { error, .. } => match error {
            CallError::ArgumentCount { required, seen } => {
                Some(Hint::ArgumentCount { expected: required.to_string(), got: seen.to_string() })
            }
            _ => Some(Hint::ArgumentType),
        },
        FunctionError::InvalidAtomic(_) => Some(Hint::NotAtomic),
        FunctionError::NonUniformControlFlow(..) | FunctionError::NonUniformWorkgroupUniformLoad(_) => {
            Some(Hint::NonUniformBarrier)
        }
        FunctionError::MissingCapability(_) => Some(Hint::NoExtension),
        _ => None,
    }
}

fn expression_hint(module: &Module, error: &ExpressionError) -> Option<Hint> {
    Some(match error {
        ExpressionError::InvalidBinaryOperandTypes { op, lhs_type, rhs_type, .. } => {
            use naga::BinaryOperator::{LogicalAnd, LogicalOr, ShiftLeft, ShiftRight};
            match op {
                ShiftLeft | ShiftRight => Hint::ShiftType,
                LogicalAnd | LogicalOr => Hint::NotBool,
                _ => {
                    let (left, right) = (type_name(module, lhs_type), type_name(module, rhs_type));
                    Hint::Suffix { wanted: format!("{left} + {right}").replace(" + ", " ↔ ") }
                }
            }
        }
        ExpressionError::InvalidIndexType(_) => Hint::IndexType,
        ExpressionError::IndexOutOfBounds(..) | ExpressionError::NegativeIndex(_) => Hint::IndexBeyond,
        ExpressionError::IndexableLength(_) => Hint::ConstantNeeded,
        ExpressionError::SelectConditionNotABool { .. } | ExpressionError::InvalidBooleanVector(_) => Hint::NotBool,
        ExpressionError::SelectValuesTypeMismatch { accept, reject } => {
            Hint::Types { expected: type_name(module, reject), got: type_name(module, accept) }
        }
        ExpressionError::WrongArgumentCount(_) | ExpressionError::InvalidArgumentType(..) => Hint::ArgumentType,
        ExpressionError::MissingCapabilities(_) => Hint::NoExtension,
        _ => return None,
    })
}

fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar.kind {
        ScalarKind::Sint => "i32",
        ScalarKind::Uint => "u32",
        ScalarKind::Float => "f32",
        ScalarKind::Bool => "bool",
        ScalarKind::AbstractInt | ScalarKind::AbstractFloat => "{number}",
    }
}

/// A type as WGSL writes it.
pub fn type_name(module: &Module, inner: &TypeInner) -> String {
    match inner {
        TypeInner::Scalar(scalar) => scalar_name(*scalar).to_owned(),
        TypeInner::Atomic(scalar) => format!("atomic<{}>", scalar_name(*scalar)),
        TypeInner::Vector { size, scalar } => format!("vec{}<{}>", *size as u8, scalar_name(*scalar)),
        TypeInner::Matrix { columns, rows, scalar } => {
            format!("mat{}x{}<{}>", *columns as u8, *rows as u8, scalar_name(*scalar))
        }
        TypeInner::Pointer { base, .. } => format!("ptr<{}>", type_name(module, &module.types[*base].inner)),
        TypeInner::Array { base, .. } => format!("array<{}>", type_name(module, &module.types[*base].inner)),
        TypeInner::Struct { .. } => {
            let found = module.types.iter().find(|(_, ty)| ty.inner == *inner).and_then(|(_, ty)| ty.name.clone());
            found.unwrap_or_else(|| "struct".to_owned())
        }
        _ => "?".to_owned(),
    }
}
