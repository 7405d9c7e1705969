package dev.shunt.node.bpf;

/** Where maps come from. Implementations answer the same contract test. */
public interface BpfMaps {

  BpfMap create(MapSpec spec);

  /** An ARRAY_OF_MAPS whose inner maps must have the type, sizes and flags of {@code template}. */
  BpfMap createOuter(MapSpec spec, BpfMap template);
}
