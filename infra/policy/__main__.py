"""The policy pack of every stack: `--policy-pack infra/policy`. docs/reference/policies.md lists its rules."""

from windlass.policy.serve import serve

serve()
