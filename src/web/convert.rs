//! Between JavaScript values and plain data.

use js_sys::{JSON, Object, Reflect};
use serde::Serialize;
use serde_json::{Map, Value};
use wasm_bindgen::{JsCast, JsValue};

use crate::error::Error;

/// A JavaScript string.
pub fn text(s: &str) -> JsValue {
    JsValue::from_str(s)
}

/// An object as a value.
pub fn object(o: Object) -> JsValue {
    o.into()
}

/// A JavaScript `Error` with `code`.
pub fn error(error: Error) -> JsValue {
    let js = js_sys::Error::new(&error.to_string());
    // An Error object is extensible: this cannot fail.
    let _ = Reflect::set(&js, &text("code"), &text(error.code()));
    js.into()
}

/// Plain data as a JavaScript value. Through JSON text: it is quick enough for what crosses here, and adds nothing to the
/// module's size, as `serde_json` is in it anyway.
pub fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let json = serde_json::to_string(value)
        .map_err(|e| error(Error::Internal(format!("a result could not be written down ({e})."))))?;
    JSON::parse(&json)
}

/// A plain object; `undefined` and `null` are the empty one.
pub fn to_json_object(value: &JsValue, wrong: fn(String) -> Error) -> Result<Map<String, Value>, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(Map::new());
    }
    let not_an_object =
        || wrong("Settings and options must be given as a plain object, for example {alpha: 0.5}.".into());
    let json = JSON::stringify(value).ok().and_then(|s| s.as_string()).ok_or_else(not_an_object)?;
    if !value.is_object() || js_sys::Array::is_array(value) || value.has_type::<js_sys::Function>() {
        return Err(not_an_object());
    }
    serde_json::from_str(&json).map_err(|_| not_an_object())
}
