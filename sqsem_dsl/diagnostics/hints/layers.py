"""Layers of Keras and PyTorch, and their equivalents in the language: an operator, a setting, or `extern`."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.diagnostics.hints.spelling import folded, without_dimensions

OPERATORS: Mapping[str, str] = {
    "conv": "conv(filters, kernel)", "convolution": "conv(filters, kernel)",
    "depthwiseconv": "depthwise(kernel)", "depthwiseconvolution": "depthwise(kernel)",
    "separableconv": "separable(filters, kernel)", "separableconvolution": "separable(filters, kernel)",
    "convtranspose": "conv_transpose(filters, kernel)", "convolutiontranspose": "conv_transpose(filters, kernel)",
    "transposedconv": "conv_transpose(filters, kernel)", "deconv": "conv_transpose(filters, kernel)",
    "deconvolution": "conv_transpose(filters, kernel)",
    "dense": "dense(units)", "linear": "dense(units)", "fc": "dense(units)", "fullyconnected": "dense(units)",
    "lazylinear": "dense(units)", "lazyconv": "conv(filters, kernel)",
    "batchnormalization": "batchnorm", "batchnorm": "batchnorm", "bn": "batchnorm", "syncbatchnorm": "batchnorm",
    "layernormalization": "layernorm", "layernorm": "layernorm", "ln": "layernorm",
    "groupnormalization": "groupnorm(groups)", "groupnorm": "groupnorm(groups)", "gn": "groupnorm(groups)",
    "rmsnormalization": "rmsnorm", "rmsnorm": "rmsnorm", "layerscale": "layer_scale",
    "relu": "relu", "relu6": "relu6", "leakyrelu": "leaky_relu(slope)", "prelu": "prelu",
    "elu": "elu", "selu": "selu", "gelu": "gelu",
    "silu": "swish", "swish": "swish", "hardswish": "hswish", "hardsilu": "hswish", "hardsigmoid": "hsigmoid",
    "sigmoid": "sigmoid", "logistic": "sigmoid", "tanh": "tanh", "softmax": "softmax",
    "logsoftmax": "activation(log_softmax)", "mish": "activation(mish)", "softplus": "activation(softplus)",
    "softsign": "activation(softsign)", "exponential": "activation(exponential)",
    "activation": "activation(name)", "act": "relu", "nonlinearity": "relu",
    "maxpooling": "maxpool(size)", "maxpool": "maxpool(size)", "pool": "maxpool(size)", "pooling": "maxpool(size)",
    "averagepooling": "avgpool(size)", "avgpooling": "avgpool(size)", "avgpool": "avgpool(size)",
    "meanpool": "avgpool(size)",
    "globalaveragepooling": "gap", "globalavgpooling": "gap", "globalavgpool": "gap", "globalaveragepool": "gap",
    "globalpooling": "gap", "globalpool": "gap", "mean": "gap",
    "adaptiveavgpool": "gap", "globalmaxpooling": "gmp", "globalmaxpool": "gmp", "adaptivemaxpool": "gmp",
    "flatten": "flatten", "reshape": "reshape([…])", "view": "reshape([…])", "unflatten": "reshape([…])",
    "upsampling": "upsample(factor)", "upsample": "upsample(factor)", "interpolate": "resize(size)",
    "resizing": "resize(size)", "resize": "resize(size)",
    "zeropadding": "zeropad(n)", "zeropad": "zeropad(n)", "pad": "zeropad(n)", "padding": "zeropad(n)",
    "cropping": "crop(before)", "crop": "crop(before)", "permute": "transpose([…])", "transpose": "transpose([…])",
    "subtract": "subtract(t)", "sub": "subtract(t)", "minus": "subtract(t)",
    "multiheadattention": "attention(heads)", "mha": "attention(heads)", "selfattention": "attention(heads)",
    "groupedqueryattention": "attention(heads, groups)", "groupqueryattention": "attention(heads, groups)",
    "crossattention": "attention(heads, memory = …)", "scaleddotproductattention": "attention(heads)",
    "positionembedding": "positions", "positionalembedding": "positions", "posembed": "positions",
    "positionalencoding": "positions(kind = sine)", "sinepositionencoding": "positions(kind = sine)",
    "clstoken": "class_token", "token": "class_token",
    "lstm": "lstm(units)", "gru": "gru(units)", "rnn": "rnn(units)", "simplernn": "rnn(units)",
    "lstmcell": "lstm(units)", "grucell": "gru(units)", "simplernncell": "rnn(units)", "rnncell": "rnn(units)",
    "bilstm": "lstm(units, bidirectional = true)", "bigru": "gru(units, bidirectional = true)",
    "bidirectional": "lstm(units, bidirectional = true)",
    "channelshuffle": "shuffle(groups)", "embedding": "embedding(width)", "embed": "embedding(width)",
    "dropout": "dropout(rate)", "spatialdropout": "spatial_dropout(rate)", "featuredropout": "spatial_dropout(rate)",
    "stochasticdepth": "drop_path(rate)", "droppath": "drop_path(rate)", "dropconnect": "drop_path(rate)",
    "gaussiannoise": "noise(stddev)", "rescaling": "rescale(scale, offset)", "rescale": "rescale(scale, offset)",
    "add": "add(…)", "sum": "add(…)", "plus": "add(…)", "residual": "add(…)", "skip": "add(…)", "shortcut": "add(…)",
    "multiply": "multiply(…)", "mul": "multiply(…)", "average": "average(…)", "maximum": "maximum(…)",
    "concatenate": "concat(…)", "concat": "concat(…)", "cat": "concat(…)", "stack": "concat(…)", "join": "concat(…)",
    "bifpn": "weighted_add(…)", "weightedsum": "weighted_add(…)", "weightedfusion": "weighted_add(…)",
    "dot": "dot(t)", "matmul": "dot(t, other = 0)", "bmm": "dot(t, other = 0)", "dotproduct": "dot(t)",
    "cosinesimilarity": "dot(t, normalize = true)", "cosine": "dot(t, normalize = true)",
    "abs": "maximum(x, x -> rescale(-1))", "absolute": "maximum(x, x -> rescale(-1))",
    "identity": "identity", "noop": "identity", "none": "identity", "zeros": "zero",
}  # fmt: skip
"""The operator for a layer, in source form, by the layer's folded name without its dimensions."""

EXTERN: Mapping[str, str] = {
    "ActivityRegularization": "l2 = 0.001",
    "AdaptiveAveragePooling1D": "output_size = 4",
    "AdaptiveAveragePooling2D": "output_size = 4",
    "AdaptiveAveragePooling3D": "output_size = 4",
    "AdaptiveMaxPooling1D": "output_size = 4",
    "AdaptiveMaxPooling2D": "output_size = 4",
    "AdaptiveMaxPooling3D": "output_size = 4",
    "AdditiveAttention": "",
    "AlphaDropout": "rate = 0.1",
    "Attention": "",
    "CenterCrop": "height = 24, width = 24",
    "ConvLSTM1D": "filters = 16, kernel_size = 3",
    "ConvLSTM2D": "filters = 16, kernel_size = 3",
    "ConvLSTM3D": "filters = 16, kernel_size = 3",
    "EinsumDense": 'equation = "abc,cd->abd", output_shape = [8, 16]',
    "GaussianDropout": "rate = 0.1",
    "Masking": "",
    "MelSpectrogram": "",
    "Minimum": "",
    "RepeatVector": "n = 4",
    "ReversibleEmbedding": "input_dim = 1000, output_dim = 32",
    "STFTSpectrogram": "",
    "UnitNormalization": "",
}
"""Layers of Keras that are not in the language but work with `extern`, with example arguments."""

_OWN = 'no operator: write your own layer and use it with `extern("my_layers:{name}", …)`'
_WRAPPER = 'no operator: `{name}` wraps another layer. Build both in your own layer: `extern("my_layers:…", …)`'
_DATA = "no operator: prepare such values in the data, before the search"
_AUGMENT = "images are augmented in training: `augment = [{word}]` in `train {{ }}`"
_NO_AUGMENT = (
    "no operator: images are augmented in training, with `augment = […]` in `train { }`; this step is not available"
)
_DECAY = "kernels are regularized in training: `regularize = l2(1e-4)` in `train { }`"
_STANDARDIZE = "inputs are standardized in training: `standardize = per_channel` in `train { }`"
_TRANSFORMER = (
    "the library has it as `transformer_encoder`: add `use transformer_encoder from std` at the top of the file"
)
_CHAIN = "stages follow each other with `->`: `image -> conv(16, 3) -> relu`"

OTHER: Mapping[str, str] = {
    "input": "an input is a statement: `input image: [32, 32, 3]`",
    "inputspec": "shapes are known from the `input`: leave it out",
    "sequential": _CHAIN,
    "pipeline": _CHAIN,
    "model": "a model is a `space`; what leaves it is an `output NAME = …`",
    "layer": _OWN.format(name="Layer"),
    "modulelist": "stages repeat with `repeat n in 1..4 { … }`",
    "lambda": _OWN.format(name="Layer"),
    "flax": _OWN.format(name="Layer"),
    "jax": _OWN.format(name="Layer"),
    "tfsm": _OWN.format(name="Layer"),
    "torchmodulewrapper": _OWN.format(name="Layer"),
    "wrapper": _WRAPPER.format(name="Wrapper"),
    "timedistributed": _WRAPPER.format(name="TimeDistributed"),
    "spectralnormalization": _WRAPPER.format(name="SpectralNormalization"),
    "spectralnorm": _WRAPPER.format(name="SpectralNormalization"),
    "stackedrnncells": _WRAPPER.format(name="RNN"),
    "transformer": _TRANSFORMER,
    "transformerblock": _TRANSFORMER,
    "transformerencoder": _TRANSFORMER,
    "transformerdecoder": "the library has it as `transformer_decoder`: add `use transformer_decoder from std`",
    "patchembed": "the library has it as `patches`: add `use patches from std` at the top of the file",
    "patchembedding": "the library has it as `patches`: add `use patches from std` at the top of the file",
    "instancenorm": "`groupnorm(groups)` with as many groups as channels is instance normalization",
    "instancenormalization": "`groupnorm(groups)` with as many groups as channels is instance normalization",
    "localresponsenorm": _OWN.format(name="LocalResponseNorm"),
    "pixelshuffle": _OWN.format(name="PixelShuffle"),
    "squeezeexcitation": "the library has it as `se`: add `use se from std` at the top of the file",
    "squeezeexcite": "the library has it as `se`: add `use se from std` at the top of the file",
    "categoryencoding": _DATA,
    "discretization": _DATA,
    "hashing": _DATA,
    "hashedcrossing": _DATA,
    "integerlookup": _DATA,
    "stringlookup": _DATA,
    "textvectorization": _DATA,
    "maxnumboundingboxes": _DATA,
    "normalization": _STANDARDIZE,
    "normalize": _STANDARDIZE,
    "normalise": _STANDARDIZE,
    "standardize": _STANDARDIZE,
    "standardise": _STANDARDIZE,
    "l1": _DECAY,
    "l2": _DECAY,
    "l1l2": _DECAY,
    "regularizer": _DECAY,
    "randomflip": _AUGMENT.format(word="flip"),
    "randomhorizontalflip": _AUGMENT.format(word="flip"),
    "randomverticalflip": _AUGMENT.format(word="flip_vertical"),
    "randomcrop": _AUGMENT.format(word="crop(4)"),
    "randomtranslation": _AUGMENT.format(word="shift(0.1)"),
    "randomrotation": _AUGMENT.format(word="rotate(10)"),
    "randomzoom": _AUGMENT.format(word="zoom(0.1)"),
    "randombrightness": _AUGMENT.format(word="brightness(0.1)"),
    "randomcontrast": _AUGMENT.format(word="contrast(0.1)"),
    "randomerasing": _AUGMENT.format(word="cutout(8)"),
    "cutout": _AUGMENT.format(word="cutout(8)"),
    **dict.fromkeys(
        (
            "augmix", "autocontrast", "contrastlimitedadaptivehistogramequalization", "cutmix", "equalization", "mixup",
            "randaugment", "randomcolordegeneration", "randomcolorjitter", "colorjitter", "randomelastictransform",
            "randomgaussianblur", "randomgrayscale", "randomhue", "randominvert", "randomperspective",
            "randomposterization", "randomsaturation", "randomsharpness", "randomshear", "solarization",
        ),
        _NO_AUGMENT,
    ),
}  # fmt: skip
"""Help for words that are neither an operator nor a layer for `extern`, by the folded name."""

_EXTERN = {folded(name): name for name in EXTERN}


def layer_hint(name: str) -> str | None:
    """Help for a layer's name from another tool, in any spelling; None for an unknown name.

    >>> layer_hint("GlobalAveragePooling2D")
    'the operator for it is `gap`'
    >>> layer_hint("LSTM")
    'the operator for it is `lstm(units)`'
    >>> layer_hint("conv_lstm_2d")
    'no operator: `extern("keras.layers:ConvLSTM2D", filters = 16, kernel_size = 3)` uses the Keras layer'
    """
    word = folded(name).removesuffix("layer") or "layer"
    short = without_dimensions(word)
    layer = _EXTERN.get(word) or _EXTERN.get(f"{word}2d")
    if layer is not None:
        arguments = f", {EXTERN[layer]}" if EXTERN[layer] else ""
        return f'no operator: `extern("keras.layers:{layer}"{arguments})` uses the Keras layer'
    if short in OPERATORS:
        return f"the operator for it is `{OPERATORS[short]}`"
    return OTHER.get(word) or OTHER.get(short)
