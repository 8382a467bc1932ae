//! Giving way to the browser's event loop between steps.

/// Lets the event loop take a turn: timers, messages and WebGPU's own callbacks (autotuning resolves there). A future that is
/// merely woken would only reach the microtask queue. Natively there is nothing to give way to.
#[cfg(target_arch = "wasm32")]
pub async fn yield_now() {
    use wasm_bindgen::{JsCast, JsValue};
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let set_timeout = js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str("setTimeout"));
        let scheduled = set_timeout
            .and_then(JsCast::dyn_into::<js_sys::Function>)
            .and_then(|f| f.call2(&JsValue::NULL, &resolve, &JsValue::from_f64(0.0)));
        if scheduled.is_err() {
            // Without timers at least the microtask queue turns.
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// Natively there is no event loop to give way to.
#[cfg(not(target_arch = "wasm32"))]
pub async fn yield_now() {}
