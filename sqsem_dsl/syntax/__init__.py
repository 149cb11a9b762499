"""From text to lark's tree. Whatever a syntax error needs is loaded when there is one."""

from sqsem_dsl.lazily import when_needed

errors = when_needed("sqsem_dsl.syntax.errors")
recovery = when_needed("sqsem_dsl.syntax.recovery")
