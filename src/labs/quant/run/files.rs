//! The bytes of a file, whoever has it: the visitor's machine, or this site.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use crate::labs::Ctx;
use crate::labs::quant::SITE;
use crate::protocol::LabError;

/// The last file of the site that was fetched, and its bytes.
#[derive(Default)]
pub struct Fetched(RefCell<Option<(String, Rc<Vec<u8>>)>>);

/// Reads files for one run.
pub struct Files<'a> {
    pub ctx: &'a Ctx,
    pub fetched: &'a Fetched,
}

impl Files<'_> {
    /// A file of the site, fetched if it is not at hand; `None` for one of the visitor's.
    async fn of_site(&self, name: &str) -> Result<Option<Rc<Vec<u8>>>, LabError> {
        let Some(path) = name.strip_prefix(SITE) else { return Ok(None) };
        let at_hand = self.fetched.0.borrow().as_ref().filter(|(of, _)| of == name).map(|(_, bytes)| bytes.clone());
        if at_hand.is_some() {
            return Ok(at_hand);
        }
        let bytes = Rc::new(self.ctx.site_file(path).await?);
        *self.fetched.0.borrow_mut() = Some((name.to_owned(), bytes.clone()));
        Ok(Some(bytes))
    }

    /// Its size in bytes.
    ///
    /// # Errors
    /// [`LabError::FileGone`], [`LabError::NotFetched`].
    pub async fn size(&self, name: &str) -> Result<u64, LabError> {
        match self.of_site(name).await? {
            Some(bytes) => Ok(bytes.len() as u64),
            None => self.ctx.host.file_size(name),
        }
    }

    /// Bytes of it.
    ///
    /// # Errors
    /// [`LabError::FileGone`], [`LabError::NotFetched`].
    pub async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, LabError> {
        match self.of_site(name).await? {
            Some(bytes) => {
                let part = bytes.get(range.start as usize..range.end as usize);
                part.map(<[u8]>::to_vec).ok_or_else(|| LabError::FileGone { source: name.into() })
            }
            None => self.ctx.host.read_file(name, range).await,
        }
    }
}
