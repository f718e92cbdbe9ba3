//! The JSON of a safetensors header, read without trusting it: what has the wrong kind is noted, not kept, so that the
//! memory used stays within a small multiple of the header and the caller can name the field.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::MAX_DIMENSIONS;

/// The key for free text; not a tensor.
pub(super) const METADATA_KEY: &str = "__metadata__";

/// A header as it stands in the file, duplicates included.
#[derive(Debug)]
pub(super) struct RawHeader {
    pub tensors: Vec<RawTensor>,
    /// Whether the metadata, where there are some, map text to text.
    pub metadata_is_text: bool,
}

/// One entry; `None` for a missing field.
#[derive(Debug, Default)]
pub(super) struct RawTensor {
    pub name: String,
    pub is_object: bool,
    /// The inner `None` stands for something that is not a text.
    pub dtype: Option<Option<String>>,
    pub shape: Option<Numbers>,
    pub data_offsets: Option<Numbers>,
}

/// A list of whole numbers, or something else.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Numbers(Option<Vec<u64>>);

impl Numbers {
    /// The numbers, if it was a list of at most [`MAX_DIMENSIONS`] of them.
    pub fn numbers(&self) -> Option<&[u64]> {
        self.0.as_deref()
    }
}

/// Reads a header.
pub(super) fn tensors_from_json(text: &str) -> Result<RawHeader, serde_json::Error> {
    serde_json::from_str(text)
}

/// Accepts any JSON value and keeps what a type asks for; everything else is skipped.
macro_rules! lenient {
    ($type:ty { $($method:tt)* }) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Any;
                impl<'de> Visitor<'de> for Any {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("any value")
                    }
                    $($method)*
                }
                deserializer.deserialize_any(Any)
            }
        }
    };
}
macro_rules! skip {
    ($($name:ident),*) => { $(skip!(@ $name);)* };
    (@ seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    (@ map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    (@ str) => { fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok(Default::default()) } };
    (@ u64) => { fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok(Default::default()) } };
    (@ others) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok(Default::default()) }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok(Default::default()) }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok(Default::default()) }
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok(Default::default()) }
    };
}

/// A text, or something else.
#[derive(Default)]
struct Text(Option<String>);
lenient!(Text {
    skip!(seq, map, u64, others);
    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }
});

/// A whole number, or something else.
#[derive(Default)]
struct Whole(Option<u64>);
lenient!(Whole {
    skip!(seq, map, str, others);
    fn visit_u64<E>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(Some(number)))
    }
});

lenient!(Numbers {
    skip!(map, str, u64, others);
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
        let mut numbers = Some(Vec::new());
        while let Some(Whole(number)) = list.next_element()? {
            numbers = match (numbers, number) {
                (Some(mut kept), Some(number)) if kept.len() < MAX_DIMENSIONS => {
                    kept.push(number);
                    Some(kept)
                }
                _ => None,
            };
        }
        Ok(Numbers(numbers))
    }
});

/// Whether a value maps text to text; `null` counts as absent, as in the reference.
#[derive(Default)]
struct IsTextMap(bool);
lenient!(IsTextMap {
    skip!(seq, str, u64);
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IsTextMap, A::Error> {
        let mut all = true;
        while let Some((_, Text(text))) = map.next_entry::<IgnoredAny, Text>()? {
            all &= text.is_some();
        }
        Ok(IsTextMap(all))
    }
    fn visit_unit<E>(self) -> Result<IsTextMap, E> {
        Ok(IsTextMap(true))
    }
    fn visit_i64<E>(self, _: i64) -> Result<IsTextMap, E> {
        Ok(IsTextMap(false))
    }
    fn visit_f64<E>(self, _: f64) -> Result<IsTextMap, E> {
        Ok(IsTextMap(false))
    }
    fn visit_bool<E>(self, _: bool) -> Result<IsTextMap, E> {
        Ok(IsTextMap(false))
    }
});

lenient!(RawTensor {
    skip!(seq, str, u64, others);
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawTensor, A::Error> {
        let mut tensor = RawTensor { is_object: true, ..RawTensor::default() };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "dtype" => tensor.dtype = Some(map.next_value::<Text>()?.0),
                "shape" => tensor.shape = Some(map.next_value()?),
                "data_offsets" => tensor.data_offsets = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(tensor)
    }
});

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Header;
        impl<'de> Visitor<'de> for Header {
            type Value = RawHeader;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of tensors")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawHeader, A::Error> {
                let mut header = RawHeader { tensors: Vec::new(), metadata_is_text: true };
                while let Some(name) = map.next_key::<String>()? {
                    if name == METADATA_KEY {
                        header.metadata_is_text &= map.next_value::<IsTextMap>()?.0;
                    } else {
                        let tensor: RawTensor = map.next_value()?;
                        header.tensors.push(RawTensor { name, ..tensor });
                    }
                }
                Ok(header)
            }
        }
        deserializer.deserialize_map(Header)
    }
}
