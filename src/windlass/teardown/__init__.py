"""Takes a whole stack down, and gives back the names that Azure would keep.

`pulumi destroy` deletes a key vault and a workspace softly: both are gone, their names stay taken for days, and the
next `pulumi up` with the same settings fails. azure-native has no purge. What the scripts made it does not know, and
what a person locked it meets in the middle. So a teardown looks first (`ports`), plans (`plan`), and goes in this
order:

1. what the scripts made beside the endpoints: autoscale settings, public names, container groups;
2. the locks of the stack;
3. what would outlive the rest: diagnostic settings and roles that the state does not know;
4. everything that stands on the workspace is destroyed, the workspace stays;
5. the workspace is deleted for good, which Azure does surely only while it and its resource group are there;
6. the rest is destroyed;
7. the vault, by now softly deleted, is purged, where its settings did not forbid that once and for all.

Every step can be done again: a teardown that was killed is finished by the same command.
"""
