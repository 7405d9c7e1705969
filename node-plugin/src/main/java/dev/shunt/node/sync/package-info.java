/**
 * The node's side of the stream to the control plane. {@link dev.shunt.node.sync.SyncSession}
 * decides, as plain Java; {@link dev.shunt.node.sync.ControlPlaneClient} carries its decisions out
 * over gRPC.
 */
@NullMarked
package dev.shunt.node.sync;

import org.jspecify.annotations.NullMarked;
