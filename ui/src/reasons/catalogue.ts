import type { IconName } from '../kit/icons';

/** Who can change it: what an operator does about a reason depends on its group. */
export type ReasonGroup = 'policy' | 'application' | 'network' | 'pressure' | 'node';

export interface Reason {
  id: string;
  title: string;
  group: ReasonGroup;
  /** One plain sentence: what happened to the connection. */
  meaning: string;
  /** What to do, or why nothing needs doing. */
  advice: string;
}

export const GROUPS: Record<ReasonGroup, { title: string; icon: IconName; hint: string }> = {
  policy: { title: 'Policy', icon: 'policy', hint: 'Your policies say so; edit a policy to change it.' },
  application: { title: 'Application', icon: 'shield', hint: 'The socket is used in a way that acceleration could change; it is left alone.' },
  network: { title: 'Network', icon: 'pass', hint: 'The two ends are not, or not provably, on this host.' },
  pressure: { title: 'Pressure', icon: 'gauge', hint: 'A guard sent it by TCP to bound memory or because TCP is faster.' },
  node: { title: 'Node', icon: 'kernel', hint: 'The node itself is full, draining, or its kernel said no.' },
};

/** The closed set; the datapath counts every connection that is not accelerated under exactly one of these. */
export const REASONS: readonly Reason[] = [
  {
    id: 'no_policy',
    title: 'No policy',
    group: 'policy',
    meaning: 'No policy matched either end of the connection.',
    advice: 'If it should be accelerated, add a policy whose ports, cgroups and addresses match what each end sees.',
  },
  {
    id: 'bypassed_by_policy',
    title: 'Bypassed by policy',
    group: 'policy',
    meaning: 'The winning policy of one end has the action Bypass.',
    advice: 'Nothing, if the exception is intended. Otherwise give the Accelerate policy a higher priority or narrow the Bypass policy.',
  },
  {
    id: 'observed_only',
    title: 'Observed only',
    group: 'policy',
    meaning: 'The winning policy is in Observe mode: it would have been accelerated, and was only counted.',
    advice: 'When the numbers look right, set the mode to Enforce.',
  },
  {
    id: 'peer_not_consenting',
    title: 'Peer not consenting',
    group: 'policy',
    meaning: 'One end is matched by an Accelerate policy, the other end on this host is not. Both must agree.',
    advice: 'Widen the cgroups or addresses so that both the application and its sidecar match. Behind NAT each end sees other addresses and ports.',
  },
  {
    id: 'first_byte_by_tcp',
    title: 'First byte by TCP',
    group: 'application',
    meaning: 'Data was already sent by TCP before the connection could be joined in its handshake, so redirecting could reorder it.',
    advice: 'Set enrolment to Settled for this policy: it joins connections later, at a moment when nothing is in flight.',
  },
  {
    id: 'not_settled',
    title: 'Not settled',
    group: 'application',
    meaning: 'The connection was too young, or has not yet been idle for the moment in which joining is safe.',
    advice: 'Normal for short connections, which would pay more than they gain. For long ones it passes by itself; if it stays high, the connection never rests.',
  },
  {
    id: 'blocking_socket',
    title: 'Blocking socket',
    group: 'application',
    meaning: 'The application uses blocking I/O, where the kernel would show it a difference on half-close, reset or signals.',
    advice: 'Let the application use non-blocking sockets. If it only does request and response, its owner may set blockingSockets to Accept.',
  },
  {
    id: 'receive_low_water',
    title: 'Receive low-water mark',
    group: 'application',
    meaning: 'The socket sets SO_RCVLOWAT above 1, which redirected data would not honour.',
    advice: 'Nothing to do here; only the application can change its socket options.',
  },
  {
    id: 'splice_user',
    title: 'Uses splice',
    group: 'application',
    meaning: 'The application moves data with splice(2), which does not see redirected bytes.',
    advice: 'Turn off splicing in the proxy (HAProxy: remove option splice-*) if acceleration is worth more.',
  },
  {
    id: 'ulp',
    title: 'Kernel TLS or another ULP',
    group: 'application',
    meaning: 'An upper-layer protocol such as kernel TLS owns the socket.',
    advice: 'Nothing to do: the two cannot be combined. Keep TLS in user space on loopback, or leave it by TCP.',
  },
  {
    id: 'mptcp',
    title: 'Multipath TCP',
    group: 'application',
    meaning: 'The connection is MPTCP, whose bytes can take several paths.',
    advice: 'Nothing to do; use plain TCP on loopback if it should be accelerated.',
  },
  {
    id: 'fast_open',
    title: 'TCP Fast Open',
    group: 'application',
    meaning: 'Data travelled with the SYN, so the ends cannot be paired by their sequence numbers.',
    advice: 'Fast Open gains nothing on one host; turn it off on this listener.',
  },
  {
    id: 'remote_peer',
    title: 'Remote peer',
    group: 'network',
    meaning: 'The other end is on another host.',
    advice: 'Nothing to do: only connections within one host can be joined. Narrow the policy to local servers to keep the numbers clear.',
  },
  {
    id: 'unpaired',
    title: 'Unpaired',
    group: 'network',
    meaning: 'The other end seems local, but could not be identified with certainty.',
    advice: 'Usual for connections opened before the node plugin started and still busy; they pair when idle, or when reopened. If it stays, something in between terminates TCP.',
  },
  {
    id: 'duplicate_fingerprint',
    title: 'Ambiguous pair',
    group: 'network',
    meaning: 'Two connections looked the same, so neither was joined rather than risk a mix-up.',
    advice: 'Rare. If it is frequent, report it with the node’s diagnostics.',
  },
  {
    id: 'backlog_bytes',
    title: 'Backlog full (bytes)',
    group: 'pressure',
    meaning: 'The reader is slower than the writer: more bytes were queued than limits.backlogBytes allows, so TCP’s flow control took over.',
    advice: 'The guard is doing its job. Raise backlogBytes only if the node has memory to spare and the reader catches up.',
  },
  {
    id: 'backlog_messages',
    title: 'Backlog full (messages)',
    group: 'pressure',
    meaning: 'More messages were queued than limits.backlogMessages allows; many tiny writes cost kernel memory.',
    advice: 'Let the application write in larger pieces, or raise backlogMessages.',
  },
  {
    id: 'node_budget',
    title: 'Node budget used up',
    group: 'pressure',
    meaning: 'All redirected but unread bytes on the node together reached the node’s memory budget.',
    advice: 'Look for readers that stopped reading, then raise the node’s budget if it is simply busy.',
  },
  {
    id: 'slower_than_tcp',
    title: 'TCP is faster',
    group: 'pressure',
    meaning: 'For this traffic, as it was measured or is being measured right now, plain TCP is faster, so TCP carries it.',
    advice: 'Nothing to do: never slower than TCP is a promise.',
  },
  {
    id: 'map_full',
    title: 'Map full',
    group: 'node',
    meaning: 'The kernel map that holds accelerated sockets is full.',
    advice: 'Raise the node plugin’s capacity, or narrow the policies to the connections that matter.',
  },
  {
    id: 'draining',
    title: 'Draining',
    group: 'node',
    meaning: 'The node is handing its connections back to TCP, for an upgrade, an uninstall or a policy change.',
    advice: 'Passes by itself. If it stays, check the node plugin on that node.',
  },
  {
    id: 'kernel_refused',
    title: 'Kernel refused',
    group: 'node',
    meaning: 'The kernel rejected the attempt to join this socket.',
    advice: 'Run shunt-node check on the node: it prints what its kernel supports.',
  },
  {
    id: 'socket_option',
    title: 'Socket option',
    group: 'application',
    meaning: 'The program uses time stamps, SO_PEEK_OFF, TCP_INQ, MSG_ZEROCOPY or urgent data, which work only on the TCP queues.',
    advice: 'Nothing to do: TCP serves it. Without the option the connection would be accelerated.',
  },
  {
    id: 'may_splice',
    title: 'Could splice',
    group: 'application',
    meaning: 'A program that could read the connection with splice(2) uses an end. A splice does not see redirected data, so such programs are left alone.',
    advice: "The node plugin's log names the program and why. If it never splices a connection, name it in trusted-programs of the node plugin.",
  },
];

const BY_ID = new Map(REASONS.map((reason) => [reason.id, reason]));

/** A reason this console does not know yet (a newer node plugin) is still shown, under its own name. */
export function reasonOf(id: string): Reason {
  return (
    BY_ID.get(id) ?? {
      id,
      title: id,
      group: 'node',
      meaning: 'This console is older than the node plugin and does not know this reason.',
      advice: 'Upgrade the control plane, or look the reason up in the node plugin’s documentation.',
    }
  );
}
