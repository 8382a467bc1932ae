//! The one error type of the core.
//!
//! Every variant has a stable code (see [`Error::code`]) that the JavaScript face hands on as `error.code`, and a
//! message in plain words that says what happened and what to do.

/// Result with the crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Anything that can go wrong in kd-lens. The string is the sentence shown to a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that does not exist.
    #[error("{0}")]
    SettingUnknown(String),
    /// A setting whose value is of the wrong type, out of range or contradicts another.
    #[error("{0}")]
    SettingInvalid(String),
    /// A data file that ends in the middle of a record.
    #[error("{0}")]
    DataTruncated(String),
    /// A data file that is not in the format it was offered as.
    #[error("{0}")]
    DataForeign(String),
    /// The images that a step or probe needs have not been added yet.
    #[error("{0}")]
    DataMissing(String),
    /// Bytes that are not a safetensors file.
    #[error("{0}")]
    WeightsUnreadable(String),
    /// Weights of another architecture, or with other shapes.
    #[error("{0}")]
    WeightsMismatch(String),
    /// No weights were given for a network that needs them.
    #[error("{0}")]
    WeightsMissing(String),
    /// Bytes that are not a kd-lens checkpoint.
    #[error("{0}")]
    CheckpointUnreadable(String),
    /// A checkpoint of a run with other settings, data or teacher.
    #[error("{0}")]
    CheckpointMismatch(String),
    /// A probe that does not exist.
    #[error("{0}")]
    ProbeUnknown(String),
    /// Options that a probe cannot work with.
    #[error("{0}")]
    ProbeInvalid(String),
    /// Named tensors given from outside that a loss or a metric cannot work with.
    #[error("{0}")]
    TensorsInvalid(String),
    /// The loss is no longer a finite number.
    #[error("{0}")]
    Diverged(String),
    /// What a network says of images is not finite numbers, so that nothing can be told from it.
    #[error("{0}")]
    NotFinite(String),
    /// A file or folder of the command line that cannot be written, or that another process is writing.
    #[cfg(not(target_arch = "wasm32"))]
    #[error("{0}")]
    FileUnwritable(String),
    /// WebGPU (or the native adapter) cannot be used.
    #[error("{0}")]
    GpuUnavailable(String),
    /// The device stopped answering in the middle of the work.
    #[error("{0}")]
    GpuLost(String),
    /// A tensor that the device cannot hold, or cannot hand to a kernel.
    #[error("{0}")]
    TooLarge(String),
    /// A defect of kd-lens itself.
    #[error("kd-lens met a defect of its own: {0} Please report it with the steps that led here.")]
    Internal(String),
}

impl Error {
    /// The stable, kebab-case code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Error::SettingUnknown(_) => "setting-unknown",
            Error::SettingInvalid(_) => "setting-invalid",
            Error::DataTruncated(_) => "data-truncated",
            Error::DataForeign(_) => "data-foreign",
            Error::DataMissing(_) => "data-missing",
            Error::WeightsUnreadable(_) => "weights-unreadable",
            Error::WeightsMismatch(_) => "weights-mismatch",
            Error::WeightsMissing(_) => "weights-missing",
            Error::CheckpointUnreadable(_) => "checkpoint-unreadable",
            Error::CheckpointMismatch(_) => "checkpoint-mismatch",
            Error::ProbeUnknown(_) => "probe-unknown",
            Error::ProbeInvalid(_) => "probe-invalid",
            Error::TensorsInvalid(_) => "tensors-invalid",
            Error::Diverged(_) => "diverged",
            Error::NotFinite(_) => "not-finite",
            #[cfg(not(target_arch = "wasm32"))]
            Error::FileUnwritable(_) => "file-unwritable",
            Error::GpuUnavailable(_) => "gpu-unavailable",
            Error::GpuLost(_) => "gpu-lost",
            Error::TooLarge(_) => "too-large",
            Error::Internal(_) => "internal",
        }
    }

    /// All codes, in the order of the documentation.
    pub const CODES: &'static [&'static str] = &[
        "setting-unknown",
        "setting-invalid",
        "data-truncated",
        "data-foreign",
        "data-missing",
        "weights-unreadable",
        "weights-mismatch",
        "weights-missing",
        "checkpoint-unreadable",
        "checkpoint-mismatch",
        "probe-unknown",
        "probe-invalid",
        "tensors-invalid",
        "diverged",
        "not-finite",
        #[cfg(not(target_arch = "wasm32"))]
        "file-unwritable",
        "gpu-unavailable",
        "gpu-lost",
        "too-large",
        "internal",
    ];
}
