//! A text that is read and not valid: the place that is the student's, and a hint.

use std::error::Error;

use naga::valid::{
    CallError, EntryPointError, ExpressionError, FunctionError, GlobalVariableError, ValidationError, VaryingError,
};
use naga::{Expression, Function, Handle, Module, Scalar, ScalarKind, Span, TypeInner, WithSpan};

use crate::protocol::Hint;

use super::check::Diagnostic;
use super::place::Place;
use super::reading::{owned, piece};
use super::tokens::tokens;

/// What a diagnostic is made of, besides its place.
#[derive(Default)]
struct Said {
    hint: Option<Hint>,
    /// Ours, where the compiler's own words name its private numbers.
    message: Option<String>,
    span: Option<Span>,
}

impl Said {
    fn hint(hint: Hint) -> Said {
        Said { hint: Some(hint), ..Said::default() }
    }

    fn at(self, span: Span) -> Said {
        Said { span: Some(span), ..self }
    }

    fn saying(self, message: String) -> Said {
        Said { message: Some(message), ..self }
    }
}

/// The diagnostic for `error`.
pub fn invalid(text: &str, module: &Module, error: &WithSpan<ValidationError>) -> Diagnostic {
    let first = error.spans().next().map(|(span, _)| *span);
    let (said, function) = match error.as_inner() {
        ValidationError::GlobalVariable { handle, source, .. } => (variable(module, *handle, source), None),
        ValidationError::Function { handle, source, .. } => {
            let function = &module.functions[*handle];
            (in_function(text, module, function, source), Some(function))
        }
        ValidationError::EntryPoint { source, name, .. } => {
            let function = module.entry_points.iter().find(|e| e.name == *name).map(|e| &e.function);
            (entry(text, module, function, name, source), function)
        }
        _ => (Said::default(), None),
    };
    let span = said.span.filter(|span| span.is_defined()).or(first).unwrap_or_default();
    let message = said.message.unwrap_or_else(|| deepest(error.as_inner(), text, function));
    Diagnostic::at(Place::of_span(text, span), message, said.hint)
}

/// The innermost of a chain of errors; `[7]`, the compiler's number of an expression, gives way to the expression.
fn deepest(error: &ValidationError, text: &str, function: Option<&Function>) -> String {
    let mut message = error.to_string();
    let mut source: &dyn Error = error;
    while let Some(next) = source.source() {
        message = next.to_string();
        source = next;
    }
    let Some(function) = function else { return message };
    for (handle, _) in function.expressions.iter() {
        let number = format!("[{}]", handle.index());
        if message.contains(&number) {
            let words = piece(text, span_of(function, handle)).lines().next().unwrap_or_default();
            message = message.replace(&number, &format!("`{words}`"));
        }
    }
    message
}

/// Where an expression stands; what a load loads from, if the load itself has no place.
fn span_of(function: &Function, handle: Handle<Expression>) -> Span {
    let span = function.expressions.get_span(handle);
    match function.expressions[handle] {
        Expression::Load { pointer } if !span.is_defined() => span_of(function, pointer),
        Expression::LocalVariable(local) if !span.is_defined() => function.local_variables.get_span(local),
        _ => span,
    }
}

fn variable(module: &Module, handle: Handle<naga::GlobalVariable>, error: &GlobalVariableError) -> Said {
    let name = module.global_variables[handle].name.clone().unwrap_or_default();
    let said = match error {
        GlobalVariableError::InvalidBinding => Said::hint(Hint::MissingBinding { name }),
        GlobalVariableError::Alignment(..) => Said::hint(Hint::ArrayInUniform),
        _ => Said::default(),
    };
    said.at(module.global_variables.get_span(handle))
}

fn entry(text: &str, module: &Module, function: Option<&Function>, name: &str, error: &EntryPointError) -> Said {
    match error {
        EntryPointError::Function(source) => function.map(|f| in_function(text, module, f, source)).unwrap_or_default(),
        EntryPointError::BindingCollision(handle) => {
            let binding = module.global_variables[*handle].binding.as_ref().map_or(0, |b| b.binding);
            let message = "two variables have the same binding".to_owned();
            Said::hint(Hint::SameBinding { binding }).at(module.global_variables.get_span(*handle)).saying(message)
        }
        EntryPointError::InvalidGlobalUsage(handle, _) => {
            let name = module.global_variables[*handle].name.clone().unwrap_or_default();
            Said::hint(Hint::ReadOnly { name })
        }
        EntryPointError::ForbiddenStageOperations => {
            let discard = tokens(text).into_iter().find(|token| token.text == "discard");
            let span = discard.map(|token| Span::from(token.begin..token.end())).unwrap_or_default();
            Said::hint(Hint::Discard).at(span)
        }
        EntryPointError::Argument(index, source) => {
            let hint = matches!(source, VaryingError::InvalidBuiltInType(..) | VaryingError::MissingBinding);
            let said = Said { hint: hint.then_some(Hint::BuiltinType), ..Said::default() };
            said.at(argument_span(text, name, *index as usize).unwrap_or_default())
        }
        EntryPointError::OutOfRangeWorkgroupSize => {
            let at = tokens(text).into_iter().find(|token| token.text == "workgroup_size");
            Said::default().at(at.map(|token| Span::from(token.begin..token.end())).unwrap_or_default())
        }
        _ => Said::default(),
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
            ")" | ">" if depth <= 1 => break,
            ")" | ">" => depth -= 1,
            "," if depth == 1 => number += 1,
            ":" if depth == 1 && number == index => return begun,
            _ if depth == 1 && token.is_word() => begun = Some(Span::from(token.begin..token.end())),
            _ => {}
        }
    }
    begun
}

fn in_function(text: &str, module: &Module, function: &Function, error: &FunctionError) -> Said {
    let place = |handle: &Handle<Expression>| span_of(function, *handle);
    let words = |handle: &Handle<Expression>| piece(text, place(handle)).lines().next().unwrap_or_default();
    match error {
        FunctionError::Expression { handle, source } => {
            let mut said = expression(text, module, function, source);
            said.span = said.span.or(Some(place(handle)));
            said
        }
        FunctionError::InvalidReturnType { expression: None, .. } => {
            let message = "a path through this function returns nothing".to_owned();
            Said::hint(Hint::MissingReturn).at(end_of(text, function)).saying(message)
        }
        FunctionError::InvalidReturnType { expression: Some(handle), expected_ty } => {
            let name = |ty: &naga::TypeInner| type_name(module, ty);
            let expected = expected_ty.map_or("nothing".to_owned(), |ty| name(&module.types[ty].inner));
            let message = format!("`{}` is not of the type that the function returns, {expected}", words(handle));
            Said::hint(Hint::Suffix { wanted: owned("f32, i32, u32") }).at(place(handle)).saying(message)
        }
        FunctionError::InvalidIfType(handle) => Said::hint(Hint::NotBool).at(place(handle)),
        FunctionError::InvalidStorePointer(handle) => {
            let name = words(handle).split(['.', '[', ' ']).next().unwrap_or_default();
            let message = format!("`{}` cannot be written", words(handle));
            Said::hint(Hint::ReadOnly { name: owned(name) }).at(place(handle)).saying(message)
        }
        FunctionError::InvalidStoreTypes { pointer, value } => {
            let message = format!("`{}` is not of the type of `{}`", words(value), words(pointer));
            Said::hint(Hint::Suffix { wanted: owned("f32, i32, u32") }).at(place(value)).saying(message)
        }
        FunctionError::InvalidCall { error, .. } => match error {
            CallError::ArgumentCount { required, seen } => {
                Said::hint(Hint::ArgumentCount { expected: required.to_string(), got: seen.to_string() })
            }
            CallError::ArgumentType { index, seen_expression, .. } => {
                let message =
                    format!("argument {} of this call, `{}`, has another type", index + 1, words(seen_expression));
                Said::hint(Hint::ArgumentType).saying(message)
            }
            _ => Said::hint(Hint::ArgumentType),
        },
        FunctionError::InvalidAtomic(_) => Said::hint(Hint::NotAtomic),
        FunctionError::NonUniformControlFlow(..) | FunctionError::NonUniformWorkgroupUniformLoad(_) => {
            Said::hint(Hint::NonUniformBarrier)
        }
        FunctionError::MissingCapability(_) => Said::hint(Hint::NoExtension),
        _ => Said::default(),
    }
}

/// The bracket that closes a function.
fn end_of(text: &str, function: &Function) -> Span {
    let name = function.name.as_deref().unwrap_or_default();
    let all = tokens(text);
    let begin = all.windows(2).position(|pair| pair[0].text == "fn" && pair[1].text == name).unwrap_or(0);
    let mut depth = 0usize;
    for token in &all[begin..] {
        match token.text {
            "{" => depth += 1,
            "}" if depth == 1 => return Span::from(token.begin..token.end()),
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Span::UNDEFINED
}

fn expression(text: &str, module: &Module, function: &Function, error: &ExpressionError) -> Said {
    match error {
        ExpressionError::InvalidBinaryOperandTypes { op, lhs_type, rhs_type, lhs_expr, rhs_expr } => {
            use naga::BinaryOperator::{LogicalAnd, LogicalOr, ShiftLeft, ShiftRight};
            let (left, right) = (type_name(module, lhs_type), type_name(module, rhs_type));
            let words = |handle| piece(text, span_of(function, handle)).lines().next().unwrap_or_default();
            let message = format!("`{}` is {left} and `{}` is {right}", words(*lhs_expr), words(*rhs_expr));
            let hint = match op {
                ShiftLeft | ShiftRight => Hint::ShiftType,
                LogicalAnd | LogicalOr => Hint::NotBool,
                _ => Hint::Suffix { wanted: format!("{left} ↔ {right}") },
            };
            Said::hint(hint).saying(message)
        }
        ExpressionError::InvalidIndexType(handle) => Said::hint(Hint::IndexType).at(span_of(function, *handle)),
        ExpressionError::IndexOutOfBounds(..) | ExpressionError::NegativeIndex(_) => Said::hint(Hint::IndexBeyond),
        ExpressionError::Type(_) => Said::hint(Hint::IndexBeyond),
        ExpressionError::IndexableLength(_) => Said::hint(Hint::ConstantNeeded),
        ExpressionError::SelectConditionNotABool { .. } | ExpressionError::InvalidBooleanVector(_) => {
            Said::hint(Hint::NotBool)
        }
        ExpressionError::SelectValuesTypeMismatch { accept, reject } => {
            Said::hint(Hint::Types { expected: type_name(module, reject), got: type_name(module, accept) })
        }
        ExpressionError::WrongArgumentCount(_) | ExpressionError::InvalidArgumentType(..) => {
            Said::hint(Hint::ArgumentType)
        }
        ExpressionError::MissingCapabilities(_) => Said::hint(Hint::NoExtension),
        ExpressionError::Literal(_) => Said::hint(Hint::Suffix { wanted: owned("f32, i32, u32") }),
        _ => Said::default(),
    }
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
