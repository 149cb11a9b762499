"""What the lints say (SQS8xx): a file for each family. All are warnings."""

from sqsem_dsl.analysis.lints.findings.choices import (
    ChoiceChangesNothing,
    NeverTaken,
    NeverUsed,
    SameAlternatives,
    SameValues,
)
from sqsem_dsl.analysis.lints.findings.operators import (
    ActivatedTwice,
    BiasBeforeBatchnorm,
    BypassAroundNothing,
    BypassNeverFits,
    CutBeforeOutput,
    DroppedTwice,
    PoolOfOne,
    WastedKernel,
)
from sqsem_dsl.analysis.lints.findings.requires import (
    BudgetAlwaysHolds,
    BudgetNeverHolds,
    BudgetsConflict,
    ConstantOutput,
)
from sqsem_dsl.analysis.lints.findings.training import (
    AlwaysRight,
    NoMomentum,
    ScheduleTooLate,
    TrainingMetric,
    WrongWay,
)

__all__ = [
    "ActivatedTwice",
    "AlwaysRight",
    "BiasBeforeBatchnorm",
    "BudgetAlwaysHolds",
    "BudgetNeverHolds",
    "BudgetsConflict",
    "BypassAroundNothing",
    "BypassNeverFits",
    "ChoiceChangesNothing",
    "ConstantOutput",
    "CutBeforeOutput",
    "DroppedTwice",
    "NeverTaken",
    "NeverUsed",
    "NoMomentum",
    "PoolOfOne",
    "SameAlternatives",
    "SameValues",
    "ScheduleTooLate",
    "TrainingMetric",
    "WastedKernel",
    "WrongWay",
]
