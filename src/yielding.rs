//! Giving way to the browser's event loop between steps.

/// Lets the event loop take a turn: timers, messages and WebGPU's own callbacks (autotuning resolves there). A future that is
/// merely woken would only reach the microtask queue. Natively there is nothing to give way to.
///
/// A message to oneself comes back as soon as others had their turn; nested timers are held back for 4 ms by every browser.
#[cfg(target_arch = "wasm32")]
pub async fn yield_now() {
    use wasm_bindgen::JsValue;
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let sent =
            channel::CHANNEL.with(|channel| channel.as_ref().is_some_and(|channel| channel.send(resolve.clone())));
        if !sent {
            // Without channels at least the microtask queue turns.
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// Natively there is no event loop to give way to.
#[cfg(not(target_arch = "wasm32"))]
pub async fn yield_now() {}

#[cfg(target_arch = "wasm32")]
mod channel {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::rc::Rc;

    use js_sys::Function;
    use wasm_bindgen::prelude::*;
    use web_sys::{MessageChannel, MessagePort};

    thread_local! {
        /// One for the life of the worker, or `None` where there are no channels.
        pub static CHANNEL: Option<Channel> = Channel::open();
    }

    /// Messages arrive in the order in which they are sent: each is for whoever has waited longest.
    pub struct Channel {
        port: MessagePort,
        waiting: Rc<RefCell<VecDeque<Function>>>,
        _on_message: Closure<dyn FnMut()>,
    }

    impl Channel {
        fn open() -> Option<Self> {
            let channel = MessageChannel::new().ok()?;
            let waiting = Rc::new(RefCell::new(VecDeque::<Function>::new()));
            let queue = waiting.clone();
            let on_message = Closure::<dyn FnMut()>::new(move || {
                let next = queue.borrow_mut().pop_front();
                if let Some(resolve) = next {
                    let _ = resolve.call0(&JsValue::NULL);
                }
            });
            // Setting `onmessage` also opens the port.
            channel.port1().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            Some(Self { port: channel.port2(), waiting, _on_message: on_message })
        }

        /// Calls `resolve` in a later turn; whether the message could be sent.
        pub fn send(&self, resolve: Function) -> bool {
            if self.port.post_message(&JsValue::NULL).is_err() {
                return false;
            }
            self.waiting.borrow_mut().push_back(resolve);
            true
        }
    }
}
