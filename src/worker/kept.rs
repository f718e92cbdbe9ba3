//! What a visitor made and this browser keeps: trained adapters, trainings that are not over. In IndexedDB, which workers reach
//! and which holds megabytes.

use idb::builder::{DatabaseBuilder, ObjectStoreBuilder};
use idb::{Database, Error, TransactionMode, TransactionResult};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use crate::protocol::LabError;

const DATABASE: &str = "afina";
const STORE: &str = "kept";

async fn database() -> Result<Database, Error> {
    DatabaseBuilder::new(DATABASE).version(1).add_object_store(ObjectStoreBuilder::new(STORE)).build().await
}

fn failed(name: &str, error: &Error) -> LabError {
    LabError::NotSaved { what: name.into(), message: error.to_string() }
}

/// The end of a transaction that writes.
fn settled(name: &str, result: Result<TransactionResult, Error>) -> Result<(), LabError> {
    match result {
        Ok(TransactionResult::Committed) => Ok(()),
        Ok(TransactionResult::Aborted) => Err(LabError::NotSaved { what: name.into(), message: "aborted".into() }),
        Err(error) => Err(failed(name, &error)),
    }
}

/// The names of everything that is kept.
///
/// # Errors
/// [`LabError::NotSaved`] if the browser gives no storage.
pub async fn names() -> Result<Vec<String>, LabError> {
    let found = async {
        let database = database().await?;
        let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly)?;
        let keys = transaction.object_store(STORE)?.get_all_keys(None, None)?.await?;
        database.close();
        Ok(keys.iter().filter_map(JsValue::as_string).collect())
    };
    found.await.map_err(|error| failed("", &error))
}

/// The bytes under a name, if there are any.
///
/// # Errors
/// [`LabError::NotSaved`] if the browser gives no storage.
pub async fn read(name: &str) -> Result<Option<Vec<u8>>, LabError> {
    let found = async {
        let database = database().await?;
        let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly)?;
        let value = transaction.object_store(STORE)?.get(JsValue::from(name))?.await?;
        database.close();
        Ok(value.and_then(|value| value.dyn_into::<Uint8Array>().ok()).map(|bytes| bytes.to_vec()))
    };
    found.await.map_err(|error| failed(name, &error))
}

/// Keeps bytes under a name; returns after the transaction is complete.
///
/// # Errors
/// [`LabError::NotSaved`] if the browser gives no storage, or no more of it.
pub async fn write(name: &str, bytes: &[u8]) -> Result<(), LabError> {
    let done = async {
        let database = database().await?;
        let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
        transaction.object_store(STORE)?.put(&Uint8Array::from(bytes), Some(&JsValue::from(name)))?.await?;
        let result = transaction.commit()?.await?;
        database.close();
        Ok(result)
    };
    settled(name, done.await)
}

/// Forgets a name.
///
/// # Errors
/// [`LabError::NotSaved`] if the browser gives no storage.
pub async fn erase(name: &str) -> Result<(), LabError> {
    let done = async {
        let database = database().await?;
        let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
        transaction.object_store(STORE)?.delete(JsValue::from(name))?.await?;
        let result = transaction.commit()?.await?;
        database.close();
        Ok(result)
    };
    settled(name, done.await)
}
