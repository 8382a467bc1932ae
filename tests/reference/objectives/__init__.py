"""The objectives in plain PyTorch, written from the formulas apart from the Rust code.

Each takes a dict of input tensors by name, then its options by name, and returns (term, weight, value) for every term;
CRD returns its new state besides.
"""

from . import contrast, features, logits, phases, representation, stages, targets

METHODS = {
    "kl": logits.kl,
    "lskd": logits.lskd,
    "labels": logits.labels_only,
    "dkd": logits.dkd,
    "dist": logits.dist,
    "mlkd": logits.mlkd,
    "label-smoothing": targets.label_smoothing,
    "kd-pt": targets.kd_pt,
    "kd-sim": targets.kd_sim,
    "kd-pt-sim": targets.kd_pt_sim,
    "kd-topk": targets.kd_topk,
    "dkpp": targets.dkpp,
    "cwtm": targets.cwtm,
    "soft-labels": targets.soft_labels,
    "crd": contrast.crd,
    "crd-batch": contrast.crd_batch,
    "srd": representation.srd,
    "hint": features.hint,
    "at": features.at,
    "sp": features.sp,
    "cc": features.cc,
    "vid": features.vid,
    "rkd": features.rkd,
    "pkt": features.pkt,
    "nst": features.nst,
    "fsp": phases.fsp,
    "ab": phases.ab,
    "ft": phases.ft,
    "ofd": stages.ofd,
    "reviewkd": stages.reviewkd,
}


def terms_of(method, inputs, options):
    result = METHODS[method](inputs, **options)
    return result if isinstance(result, tuple) else (result, {})
