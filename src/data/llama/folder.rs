//! Where the files of a model come from.

use std::collections::HashMap;
use std::ops::Range;

use crate::protocol::LabError;

/// The files of a model: a folder on disk, files that the visitor opened, or what was fetched from the site.
#[allow(async_fn_in_trait, reason = "everything runs on one thread, so nothing needs to be Send")]
pub trait Folder {
    /// The size of a file in bytes.
    ///
    /// # Errors
    /// [`LabError::FileGone`] if there is none of that name.
    async fn size(&self, name: &str) -> Result<u64, LabError>;

    /// Bytes of a file; the range lies within its size.
    ///
    /// # Errors
    /// [`LabError::FileGone`] if it can no longer be read.
    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, LabError>;
}

/// Whole files in memory, by name.
#[derive(Clone, Debug, Default)]
pub struct FilesInMemory(pub HashMap<String, Vec<u8>>);

impl FilesInMemory {
    fn file(&self, name: &str) -> Result<&[u8], LabError> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| LabError::FileGone { source: name.into() })
    }
}

impl Folder for FilesInMemory {
    async fn size(&self, name: &str) -> Result<u64, LabError> {
        Ok(self.file(name)?.len() as u64)
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, LabError> {
        let part = self.file(name)?.get(range.start as usize..range.end as usize);
        part.map(<[u8]>::to_vec).ok_or_else(|| LabError::FileGone { source: name.into() })
    }
}
