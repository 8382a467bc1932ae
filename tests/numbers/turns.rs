//! The event loop has its turns while the engine works. Only a browser has one.

use std::cell::Cell;
use std::rc::Rc;

use kd_lens::yielding::yield_now;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, milliseconds: f64);
}

#[wasm_bindgen_test]
async fn timers_have_their_turn() {
    let rung = Rc::new(Cell::new(false));
    let bell = rung.clone();
    let callback = Closure::<dyn FnMut()>::new(move || bell.set(true));
    set_timeout(&callback, 0.0);
    let began = js_sys::Date::now();
    while !rung.get() {
        assert!(js_sys::Date::now() - began < 5000.0, "a timer waits while the engine yields");
        yield_now().await;
    }
}

/// Nested timers would take 4 ms each.
#[wasm_bindgen_test]
async fn a_turn_is_not_held_back() {
    yield_now().await;
    let mut fastest = f64::INFINITY;
    for _ in 0..5 {
        let began = js_sys::Date::now();
        for _ in 0..200 {
            yield_now().await;
        }
        fastest = fastest.min((js_sys::Date::now() - began) / 200.0);
    }
    assert!(fastest < 1.0, "a turn takes {fastest} ms");
}

#[wasm_bindgen_test]
async fn whoever_yields_first_goes_on_first() {
    let order = Rc::new(Cell::new(0));
    let at = |order: Rc<Cell<i32>>| async move {
        yield_now().await;
        order.set(order.get() + 1);
        order.get()
    };
    let (first, second) = (at(order.clone()), at(order));
    let promise =
        |future| wasm_bindgen_futures::future_to_promise(async move { Ok(JsValue::from(Box::pin(future).await)) });
    let all = js_sys::Array::of2(&promise(first), &promise(second));
    let seen = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::all(&all)).await.expect("both");
    assert_eq!(js_sys::Array::from(&seen).to_vec(), [JsValue::from(1), JsValue::from(2)]);
}
