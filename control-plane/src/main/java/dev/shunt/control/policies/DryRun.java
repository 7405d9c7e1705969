package dev.shunt.control.policies;

import dev.shunt.control.revisions.ChangeView;
import dev.shunt.control.web.ProblemView;
import java.util.List;

/**
 * What an edit would do. Nothing was changed.
 *
 * @param changes by policy; empty when the edit changes nothing
 * @param diff the fields of all changes in one list
 * @param affectedNodes ids of the nodes that would be sent an update
 * @param problems warnings: an edit with errors is refused as the real one would be
 */
record DryRun(
    List<ChangeView> changes,
    List<ChangeView.FieldChange> diff,
    List<String> affectedNodes,
    List<ProblemView> problems) {}
