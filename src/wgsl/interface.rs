//! Whether a text still fits the kernel that it is to replace: what the host starts, binds and sets must be there.

use naga::{AddressSpace, GlobalVariable, Handle, Module, Span, StorageAccess, TypeInner};

use crate::protocol::Hint;

use super::check::{Diagnostic, Valid};
use super::place::Place;
use super::validity::type_name;

/// The type that the host fills at binding 0.
const PARAMS: &str = "Params";

/// How a global is bound: `(group, binding)`, its handle, and how it is used.
type Bound = ((u32, u32), Handle<GlobalVariable>, &'static str);

fn bound(module: &Module) -> Vec<Bound> {
    let all = module.global_variables.iter().filter_map(|(handle, variable)| {
        let at = variable.binding.as_ref()?;
        let access = match variable.space {
            AddressSpace::Uniform => "var<uniform>",
            AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => "var<storage, read_write>",
            AddressSpace::Storage { .. } => "var<storage, read>",
            _ => "?",
        };
        Some(((at.group, at.binding), handle, access))
    });
    all.collect()
}

/// Name, type and offset of a field.
type Field = (String, String, u32);

/// The fields of `Params`, how many bytes they are, and where they are declared.
fn params(module: &Module) -> Option<(Vec<Field>, u32, Span)> {
    let (handle, ty) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(PARAMS))?;
    let TypeInner::Struct { members, span } = &ty.inner else { return None };
    let fields = members.iter().map(|member| {
        let name = member.name.clone().unwrap_or_default();
        (name, type_name(module, &module.types[member.ty].inner), member.offset)
    });
    Some((fields.collect(), *span, module.types.get_span(handle)))
}

/// Compares a learner's text with the one it replaces; nothing in the answer means that the host can use it.
///
/// A binding may view its bytes as another type (`vec4<f32>` for `f32`): only group, number and access must agree.
pub fn interface(original: &Valid, edited: &Valid) -> Vec<Diagnostic> {
    let (old, new) = (&original.module, &edited.module);
    let mut out = Vec::new();
    let mut say = |span: Span, hint: Hint| out.push(Diagnostic::ours(Place::of_span(&edited.text, span), hint));
    for entry in &old.entry_points {
        let Some(found) = new.entry_points.iter().find(|e| e.name == entry.name) else {
            // A function that was renamed, if there is one.
            let stranger = new.entry_points.iter().find(|e| !old.entry_points.iter().any(|o| o.name == e.name));
            let name = stranger.map_or(&entry.name, |e| &e.name);
            say(function_span(&edited.text, name), Hint::NoEntry { entry: entry.name.clone() });
            continue;
        };
        let fixed = entry.workgroup_size_overrides.is_none() && found.workgroup_size_overrides.is_none();
        if fixed && entry.workgroup_size != found.workgroup_size {
            let size = |[x, y, z]: [u32; 3]| format!("({x}, {y}, {z})");
            let hint = Hint::OtherWorkgroup { expected: size(entry.workgroup_size), got: size(found.workgroup_size) };
            say(workgroup_span(&edited.text, &entry.name), hint);
        }
    }
    let (before, after) = (bound(old), bound(new));
    for (at, handle, access) in &before {
        let name = old.global_variables[*handle].name.clone().unwrap_or_default();
        match after.iter().find(|(place, ..)| place == at) {
            None => say(Span::UNDEFINED, Hint::NoBinding { binding: at.1, name }),
            Some((_, found, got)) if got != access => {
                let hint = Hint::OtherAccess { binding: at.1, expected: (*access).to_owned() };
                say(new.global_variables.get_span(*found), hint);
            }
            Some(_) => {}
        }
    }
    for (at, handle, _) in &after {
        if !before.iter().any(|(place, ..)| place == at) {
            say(new.global_variables.get_span(*handle), Hint::ForeignBinding { binding: at.1 });
        }
    }
    for (_, value) in old.overrides.iter() {
        if !new.overrides.iter().any(|(_, o)| o.name == value.name) {
            say(Span::UNDEFINED, Hint::NoOverride { name: value.name.clone().unwrap_or_default() });
        }
    }
    if let Some((expected, size, _)) = params(old) {
        match params(new) {
            None => say(Span::UNDEFINED, Hint::NoParams),
            Some((got, got_size, span)) => compare(&edited.text, (&expected, size), (&got, got_size, span), &mut say),
        }
    }
    out
}

type Fields<'a> = &'a [(String, String, u32)];

fn compare(
    text: &str,
    (expected, size): (Fields<'_>, u32),
    (got, got_size, span): (Fields<'_>, u32, Span),
    say: &mut impl FnMut(Span, Hint),
) {
    let shown =
        |field: Option<&(String, String, u32)>| field.map_or("-".to_owned(), |(name, ty, _)| format!("{name}: {ty}"));
    let known = |name: &str| expected.iter().any(|(n, ..)| n == name);
    for i in 0..expected.len().max(got.len()) {
        let (want, have) = (expected.get(i), got.get(i));
        // A field may be renamed, because its bytes are what counts; but names that changed places, or a new one among
        // the old ones, mean that the bytes moved.
        let moved = |a: &str, b: &str| a != b && (known(b) || expected.len() != got.len());
        let same = matches!((want, have), (Some(a), Some(b)) if a.1 == b.1 && a.2 == b.2 && !moved(&a.0, &b.0));
        if !same || (i + 1 == expected.len() && got.len() == expected.len() && size != got_size) {
            let place = have.map_or(span, |(name, ..)| field_span(text, span, name));
            say(place, Hint::OtherParams { field: (i + 1).to_string(), expected: shown(want), got: shown(have) });
            return;
        }
    }
}

/// Where `name` stands inside `within`.
fn field_span(text: &str, within: Span, name: &str) -> Span {
    let range = within.to_range().unwrap_or(0..0);
    let tokens = super::tokens::tokens(text);
    let inside = tokens.windows(2).filter(|pair| range.contains(&pair[0].begin));
    let found = inside.into_iter().find(|pair| pair[0].text == name && pair[1].text == ":");
    found.map_or(within, |pair| Span::from(pair[0].begin..pair[0].end()))
}

/// Where `fn name` stands, if the function is there but is no entry point.
fn function_span(text: &str, name: &str) -> Span {
    let tokens = super::tokens::tokens(text);
    let found = tokens.windows(2).find(|pair| pair[0].text == "fn" && pair[1].text == name);
    found.map_or(Span::UNDEFINED, |pair| Span::from(pair[0].begin..pair[1].end()))
}

/// Where the `workgroup_size` of a function stands.
fn workgroup_span(text: &str, name: &str) -> Span {
    let tokens = super::tokens::tokens(text);
    let function = tokens.windows(2).position(|pair| pair[0].text == "fn" && pair[1].text == name).unwrap_or(0);
    let found = tokens[..function].iter().rev().find(|token| token.text == "workgroup_size");
    found.map_or(function_span(text, name), |token| Span::from(token.begin..token.end()))
}
