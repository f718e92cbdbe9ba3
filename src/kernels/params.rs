//! The uniform parameters of a kernel: one declaration gives the Rust struct and the layout that a test compares with
//! the WGSL.

/// One field of a parameter struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub offset: usize,
    pub size: usize,
}

/// Declares `Params` exactly as the WGSL file does, and its `FIELDS`.
macro_rules! params {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        #[repr(C)]
        #[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
        struct Params { $($(#[$doc])* $name: $kind,)* }

        /// The layout of the parameters.
        pub(in crate::kernels) const FIELDS: &[crate::kernels::Field] = &[$(crate::kernels::Field {
            name: stringify!($name),
            offset: std::mem::offset_of!(Params, $name),
            size: size_of::<$kind>(),
        },)*];
    };
}
pub(super) use params;
