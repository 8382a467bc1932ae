//! The WebAssembly shell: handles, events and errors for the page's worker. No maths.
//!
//! Errors become JavaScript `Error`s with a stable `code`. Calls on a [`Lab`] must not overlap; the worker queues them.

mod convert;

use js_sys::{Float32Array, Object, Reflect, Uint8Array};
use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::data::DatasetKind;
use crate::device::{self, Opened};
use crate::error::{Error, Result};
use crate::lab::{Session, Settings, Who, fields};
use crate::metrics::{self, METRICS};
use crate::nets::{Architecture, Layout};
use crate::objectives::{METHODS, Method, Surroundings};
use crate::probes::{self, PROBES};
use crate::selfcheck;
use crate::statistics::{Comparison, Spread};
use crate::weights::decode;
use convert::{object, text, to_js, to_json_object};

thread_local! {
    static DEVICE: std::cell::RefCell<Option<Opened>> = const { std::cell::RefCell::new(None) };
}

/// Runs once when the module is loaded: a panic prints its message and place to the console.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// What this build knows: settings, methods, architectures, probes, metrics, error codes.
///
/// # Errors
/// Never, short of a defect.
#[wasm_bindgen]
pub fn describe() -> std::result::Result<JsValue, JsValue> {
    let layouts: Vec<_> = Architecture::ALL.iter().map(|a| (a.name(), a.layout())).collect();
    let methods: Vec<_> = METHODS.iter().map(|m| method(m, &layouts)).collect();
    let architectures: Vec<_> = Architecture::ALL
        .iter()
        .map(|a| json!({"name": a.name(), "label": a.label(), "parameters": a.parameters(10), "taps": a.taps()}))
        .collect();
    let datasets: Vec<_> = DatasetKind::ALL
        .iter()
        .filter(|d| !d.is_native_only())
        .map(|d| json!({"name": d.name(), "label": d.label(), "classes": d.classes()}))
        .collect();
    let probes: Vec<_> = PROBES.iter().map(|(name, help)| json!({"name": name, "help": help})).collect();
    to_js(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "settings": fields().iter().map(|f| f.describe()).collect::<Vec<_>>(),
        "methods": methods,
        "architectures": architectures,
        "datasets": datasets,
        "probes": probes,
        "metrics": METRICS.iter().map(|m| m.describe()).collect::<Vec<_>>(),
        "errorCodes": Error::CODES,
    }))
}

/// Opens this build's engine, once. Resolves to `{backend, adapter}`.
///
/// # Errors
/// `gpu-unavailable`.
#[wasm_bindgen(js_name = openDevice)]
pub async fn open_device() -> std::result::Result<JsValue, JsValue> {
    let opened = device::open_default().await.map_err(convert::error)?;
    let words = json!({"backend": opened.backend.name(), "adapter": opened.adapter});
    DEVICE.with(|slot| *slot.borrow_mut() = Some(opened));
    to_js(&words)
}

/// A method as the page gets it, with the pairs "teacher student" that it does not fit and why.
fn method(method: &Method, layouts: &[(&str, Layout)]) -> serde_json::Value {
    let mut refused = serde_json::Map::new();
    for (t, teacher) in layouts {
        for (s, student) in layouts {
            let around = Surroundings { student, teacher, classes: 10, train_images: 2, seed: 0 };
            if let Some(reason) = method.refusal(&around) {
                refused.insert(format!("{t} {s}"), reason.into());
            }
        }
    }
    json!({
        "name": method.name,
        "label": method.label,
        "family": method.family.label(),
        "formula": method.formula,
        "source": method.source,
        "provenance": method.provenance.name(),
        "explanation": method.explanation,
        "needsTeacher": method.needs_teacher(),
        "settings": (method.options)().iter().map(|f| f.describe()).collect::<Vec<_>>(),
        "refused": refused,
    })
}

/// Values of several seeds together: mean, standard deviation and Student's 95 % interval of the mean.
///
/// # Errors
/// Never, short of a defect.
#[wasm_bindgen]
pub fn spread(values: Vec<f64>) -> std::result::Result<JsValue, JsValue> {
    to_js(&Spread::of(&values))
}

fn opened() -> Result<Opened> {
    DEVICE
        .with(|slot| slot.borrow().clone())
        .ok_or_else(|| Error::Internal("the engine was used before `openDevice` had resolved.".into()))
}

/// The numbers that both engines must agree on: a training step and its results, from the same weights and images.
///
/// # Errors
/// `gpu-lost`.
#[wasm_bindgen(js_name = selfCheck)]
pub async fn self_check() -> std::result::Result<Float32Array, JsValue> {
    let numbers = selfcheck::run(&opened().map_err(convert::error)?.device).await.map_err(convert::error)?;
    Ok(Float32Array::from(numbers.as_slice()))
}

/// A metric of named tensors, as `kd-lens metric` prints it: `tensors` is a safetensors file, `options` a plain object.
///
/// # Errors
/// `setting-unknown`, `setting-invalid`, `weights-unreadable`, `tensors-invalid`.
#[wasm_bindgen]
pub fn metric(name: &str, options: JsValue, tensors: Uint8Array) -> std::result::Result<JsValue, JsValue> {
    let compute = || -> Result<serde_json::Value> {
        let options = to_json_object(&options, Error::SettingInvalid)?;
        let (tensors, _) = decode(&tensors.to_vec())?;
        metrics::run(name, &options, &tensors)
    };
    to_js(&compute().map_err(convert::error)?)
}

/// A run of distillation in the worker.
#[wasm_bindgen]
pub struct Lab {
    session: Session,
}

#[wasm_bindgen]
impl Lab {
    /// Sets up a run from a plain object of settings and the teacher's safetensors.
    ///
    /// # Errors
    /// `setting-unknown`, `setting-invalid`, `weights-missing`, `weights-unreadable`, `weights-mismatch`.
    pub fn create(settings: JsValue, teacher: Option<Uint8Array>) -> std::result::Result<Lab, JsValue> {
        let make = || -> Result<Lab> {
            let settings = Settings::from_json(&to_json_object(&settings, Error::SettingInvalid)?)?;
            let teacher = teacher.ok_or_else(|| {
                Error::WeightsMissing(format!(
                    "There are no weights for the teacher {} on {}. Give some as a safetensors file, or choose another teacher.",
                    settings.teacher, settings.dataset
                ))
            })?;
            let session = Session::new(settings, &teacher.to_vec(), &opened()?.device)?;
            Ok(Lab { session })
        };
        make().map_err(convert::error)
    }

    /// What must be added before the next step: `{split, images}` or null.
    ///
    /// # Errors
    /// Never, short of a defect.
    pub fn needs(&self) -> std::result::Result<JsValue, JsValue> {
        match self.session.needs() {
            None => Ok(JsValue::NULL),
            Some(need) => to_js(&json!({"split": need.split.name(), "images": need.images})),
        }
    }

    /// Adds a file in CIFAR's binary format to `train` or `test`; returns how many images the split holds.
    ///
    /// # Errors
    /// `data-truncated`, `data-foreign`.
    #[wasm_bindgen(js_name = addShard)]
    pub fn add_shard(&mut self, split: &str, bytes: Uint8Array) -> std::result::Result<usize, JsValue> {
        let mut add = || self.session.add(split.parse()?, &bytes.to_vec());
        add().map_err(convert::error)
    }

    /// All settings that hold now.
    ///
    /// # Errors
    /// Never, short of a defect.
    pub fn settings(&self) -> std::result::Result<JsValue, JsValue> {
        to_js(&self.session.settings().to_json())
    }

    /// Where the run is: `{step, epoch, stepsPerEpoch, totalSteps, trainHeld, testHeld}`.
    ///
    /// # Errors
    /// Never, short of a defect.
    pub fn progress(&self) -> std::result::Result<JsValue, JsValue> {
        use crate::data::Split::{Test, Train};
        let session = &self.session;
        to_js(&json!({
            "step": session.steps_done(),
            "epoch": session.epoch(),
            "stepsPerEpoch": session.steps_per_epoch(),
            "totalSteps": session.total_steps(),
            "trainHeld": session.dataset(Train).len(),
            "testHeld": session.dataset(Test).len(),
        }))
    }

    /// The loss with the numbers that hold now.
    pub fn formula(&self) -> String {
        self.session.formula()
    }

    /// Advances by `n` steps; resolves to a list of events.
    ///
    /// # Errors
    /// `data-missing`, `diverged`, `gpu-lost`.
    pub async fn step(&mut self, n: usize) -> std::result::Result<JsValue, JsValue> {
        let events = self.session.step(n).await.map_err(convert::error)?;
        to_js(&events)
    }

    /// Trains `both`, or only `student` or `control`, from here on; the other one is brought along with [`Lab::adopt`], and evaluations are
    /// asked for.
    ///
    /// # Errors
    /// `setting-invalid` for another word, or for a chain of assistants.
    #[wasm_bindgen(js_name = trainOnly)]
    pub fn train_only(&mut self, which: &str) -> std::result::Result<(), JsValue> {
        let mut choose = || self.session.train_only(which.parse()?);
        choose().map_err(convert::error)
    }

    /// Student or control with its optimiser, for another worker of the same run to [`Lab::adopt`].
    ///
    /// # Errors
    /// `setting-invalid`, `gpu-lost`.
    pub async fn learner(&mut self, which: String) -> std::result::Result<Uint8Array, JsValue> {
        let who: Who = which.parse().map_err(convert::error)?;
        let bytes = self.session.learner(who).await.map_err(convert::error)?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }

    /// Takes over what another worker trained, at the same step.
    ///
    /// # Errors
    /// `setting-invalid`, `checkpoint-unreadable`, `checkpoint-mismatch`.
    pub fn adopt(&mut self, which: &str, bytes: Uint8Array) -> std::result::Result<(), JsValue> {
        let mut take = || self.session.adopt(which.parse()?, &bytes.to_vec());
        take().map_err(convert::error)
    }

    /// What the teacher says of a later step's batch, for another worker of the same run to [`Lab::prepare`]; null where that
    /// cannot be had ahead.
    ///
    /// # Errors
    /// Never, short of a defect.
    pub async fn teach(&mut self, step: usize) -> std::result::Result<Option<Float32Array>, JsValue> {
        let said = self.session.teach(step).await.map_err(convert::error)?;
        Ok(said.map(|values| Float32Array::from(values.as_slice())))
    }

    /// Takes what another worker's teacher said of a later step's batch.
    ///
    /// # Errors
    /// `checkpoint-mismatch`.
    pub fn prepare(&mut self, step: usize, values: Vec<f32>) -> std::result::Result<(), JsValue> {
        self.session.prepare(step, &values).map_err(convert::error)
    }

    /// Steps from here to the next evaluation, at least 1.
    #[wasm_bindgen(js_name = untilDue)]
    pub fn until_due(&self) -> usize {
        self.session.until_due()
    }

    /// Evaluates all three networks on the test images now; resolves to an event of type `evaluation`.
    ///
    /// # Errors
    /// `data-missing`, `gpu-lost`.
    pub async fn evaluate(&mut self) -> std::result::Result<JsValue, JsValue> {
        let evaluation = self.session.evaluate().await.map_err(convert::error)?;
        to_js(&crate::lab::Event::Evaluation(Box::new(evaluation)))
    }

    /// Runs a probe on the test images.
    ///
    /// # Errors
    /// `probe-unknown`, `probe-invalid`, `data-missing`, `gpu-lost`.
    pub async fn probe(&mut self, name: &str, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let options = to_json_object(&options, Error::ProbeInvalid).map_err(convert::error)?;
        let report = probes::run(name, &options, &self.session.bench()).await.map_err(convert::error)?;
        to_js(&report)
    }

    /// What the three networks answer to pictures of a person's own (32·32·3 bytes each, row by row, RGB) and where they look: the
    /// report of `grad-cam`, whose label and class name say nothing here.
    ///
    /// # Errors
    /// `data-truncated`, `probe-invalid`, `gpu-lost`.
    pub async fn explain(&mut self, pixels: Uint8Array, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let options = to_json_object(&options, Error::ProbeInvalid).map_err(convert::error)?;
        let report =
            probes::explain(&pixels.to_vec(), &options, &self.session.bench()).await.map_err(convert::error)?;
        to_js(&report)
    }

    /// Student against control on pairs of values of the same images, with the interval that probes of this run would give:
    /// for results that were gathered in parts. Values beyond the shorter list have no pair and are left out.
    ///
    /// # Errors
    /// Never, short of a defect.
    pub fn compare(&self, student: Vec<f64>, control: Vec<f64>) -> std::result::Result<JsValue, JsValue> {
        let pairs: Vec<_> = student.into_iter().zip(control).collect();
        to_js(&Comparison::of(&pairs, self.session.settings().seed))
    }

    /// Gives probes a further network: `foreign` or `twin`, as safetensors of a known architecture.
    ///
    /// # Errors
    /// `setting-invalid`, `weights-unreadable`, `weights-mismatch`.
    pub fn bring(&mut self, role: &str, weights: Uint8Array) -> std::result::Result<(), JsValue> {
        self.session.bring(role, &weights.to_vec()).map_err(convert::error)
    }

    /// Student and control as they are now, in 16 bits, for [`Lab::look_back`].
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn snapshot(&mut self) -> std::result::Result<Uint8Array, JsValue> {
        let bytes = self.session.snapshot().await.map_err(convert::error)?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }

    /// Shows probes the networks of a snapshot, or with nothing those of now; returns the step that they are of.
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `checkpoint-mismatch`.
    #[wasm_bindgen(js_name = lookBack)]
    pub fn look_back(&mut self, snapshot: Option<Uint8Array>) -> std::result::Result<usize, JsValue> {
        match snapshot {
            Some(bytes) => self.session.look_back(&bytes.to_vec()).map_err(convert::error),
            None => {
                self.session.look_at_present();
                Ok(self.session.steps_done())
            }
        }
    }

    /// Everything needed to go on from here.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn checkpoint(&mut self) -> std::result::Result<Uint8Array, JsValue> {
        let bytes = self.session.checkpoint().await.map_err(convert::error)?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }

    /// Goes to the state of a checkpoint of this run.
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `checkpoint-mismatch`.
    pub async fn restore(&mut self, bytes: Uint8Array) -> std::result::Result<(), JsValue> {
        self.session.restore(&bytes.to_vec()).map_err(convert::error)
    }

    /// Weights of `teacher`, `student` or `control` as safetensors.
    ///
    /// # Errors
    /// `setting-invalid`, `gpu-lost`.
    #[wasm_bindgen(js_name = exportWeights)]
    pub async fn export_weights(&mut self, which: String) -> std::result::Result<Uint8Array, JsValue> {
        let who: Who = which.parse().map_err(convert::error)?;
        let bytes = self.session.export(who).await.map_err(convert::error)?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }

    /// Images with label and pixels (`Uint8Array` of 32·32·3, row by row, RGB).
    ///
    /// # Errors
    /// `data-missing`.
    pub fn images(&self, split: &str, indices: Vec<usize>) -> std::result::Result<js_sys::Array, JsValue> {
        let dataset = self.session.dataset(split.parse().map_err(convert::error)?);
        indices
            .into_iter()
            .map(|index| {
                let planes = dataset.image(index).map_err(convert::error)?;
                let label = usize::from(dataset.label(index).map_err(convert::error)?);
                let plane = planes.len() / 3;
                let pixels: Vec<u8> =
                    (0..plane).flat_map(|p| [planes[p], planes[plane + p], planes[2 * plane + p]]).collect();
                let item = Object::new();
                Reflect::set(&item, &text("index"), &JsValue::from_f64(index as f64))?;
                Reflect::set(&item, &text("label"), &JsValue::from_f64(label as f64))?;
                Reflect::set(&item, &text("className"), &text(&dataset.classes()[label]))?;
                Reflect::set(&item, &text("pixels"), &Uint8Array::from(pixels.as_slice()))?;
                Ok(object(item))
            })
            .collect()
    }

    /// Changes live settings.
    ///
    /// # Errors
    /// `setting-unknown`, `setting-invalid`.
    pub fn adjust(&mut self, patch: JsValue) -> std::result::Result<(), JsValue> {
        let mut change = || self.session.adjust(&to_json_object(&patch, Error::SettingInvalid)?);
        change().map_err(convert::error)
    }
}
