package dev.shunt.policy.parse;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.Quoted;
import dev.shunt.policy.parse.DocumentSplitter.Chunk;
import dev.shunt.policy.parse.Node.ListNode;
import dev.shunt.policy.parse.Node.MapNode;
import dev.shunt.policy.parse.SourceMap.Position;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream of YAML or JSON documents, one policy each. JSON needs no parser of its own: it is
 * YAML. Never throws on any input, and takes time in proportion to its length.
 */
public final class PolicyParser {

  /** The largest document. */
  public static final int MOST_DOCUMENT_BYTES = 256 * 1024;

  /** The largest stream of documents. */
  public static final int MOST_STREAM_BYTES = 16 * 1024 * 1024;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final List<AccelerationPolicy> policies = new ArrayList<>();
  private final List<SourceMap> sources = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();
  private final Map<String, Position> names = new HashMap<>();

  private PolicyParser() {}

  /**
   * Reads every document of a text. Empty documents are skipped; a text without any other is an
   * error.
   *
   * @param utf8 YAML or JSON; a byte order mark is skipped
   */
  public static ParsedPolicies parse(byte[] utf8) {
    PolicyParser parser = new PolicyParser();
    parser.parseStream(utf8);
    return new ParsedPolicies(parser.policies, parser.sources, parser.problems);
  }

  private void parseStream(byte[] utf8) {
    if (utf8.length > MOST_STREAM_BYTES) {
      problem(
          ProblemCode.TOO_LARGE,
          1,
          "at most " + MOST_STREAM_BYTES + " bytes",
          utf8.length + " bytes",
          "send fewer documents at once");
      return;
    }
    List<Chunk> chunks =
        DocumentSplitter.split(utf8, startsWithByteOrderMark(utf8) ? BYTE_ORDER_MARK.length : 0);
    if (chunks.isEmpty()) {
      problem(ProblemCode.NO_DOCUMENT, 1, "at least one policy", "no document", "");
    }
    if (chunks.size() > PolicySet.MOST_POLICIES) {
      problem(
          ProblemCode.TOO_MANY_POLICIES,
          chunks.get(PolicySet.MOST_POLICIES).linesBefore() + 1,
          "at most " + PolicySet.MOST_POLICIES + " documents",
          chunks.size() + " documents",
          "");
      return;
    }
    for (Chunk chunk : chunks) {
      if (problems.size() < DocumentProblems.MOST) {
        parseDocument(chunk);
      } else {
        problem(
            ProblemCode.TOO_MANY_PROBLEMS,
            chunk.linesBefore() + 1,
            "at most " + DocumentProblems.MOST + " problems before another document is read",
            Integer.toString(problems.size()),
            "mend these first");
        return;
      }
    }
  }

  private static boolean startsWithByteOrderMark(byte[] utf8) {
    return utf8.length >= BYTE_ORDER_MARK.length
        && ByteBuffer.wrap(utf8, 0, BYTE_ORDER_MARK.length)
            .equals(ByteBuffer.wrap(BYTE_ORDER_MARK));
  }

  private void problem(ProblemCode code, int line, String expected, String found, String hint) {
    problems.add(new Problem(code, "", "", line, 1, expected, found, hint));
  }

  private void parseDocument(Chunk chunk) {
    if (chunk.size() > MOST_DOCUMENT_BYTES) {
      problem(
          ProblemCode.TOO_LARGE,
          chunk.linesBefore() + 1,
          "at most " + MOST_DOCUMENT_BYTES + " bytes in a document",
          chunk.size() + " bytes",
          "split the policy into several");
      return;
    }
    String text = decode(chunk);
    if (text == null) {
      return;
    }
    DocumentProblems found = new DocumentProblems();
    Node root = new TreeReader(JsonTabs.replaced(text), chunk.linesBefore(), found).read();
    AccelerationPolicy policy = root == null ? null : new PolicyReader(found).read(root);
    if (policy != null && root instanceof MapNode map && isFirstOfItsName(policy, map, found)) {
      policies.add(policy);
      sources.add(sourceMap(root));
    }
    problems.addAll(found.all());
  }

  private @Nullable String decode(Chunk chunk) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.wrap(chunk.utf8(), chunk.from(), chunk.size());
    CharBuffer text = CharBuffer.allocate(chunk.size());
    CoderResult result = decoder.decode(bytes, text, true);
    text.flip();
    if (!result.isError()) {
      return text.toString();
    }
    Position position = Positions.of(text.toString(), text.length(), chunk.linesBefore());
    problems.add(
        new Problem(
            ProblemCode.NOT_UTF8,
            "",
            "",
            position.line(),
            position.column(),
            "UTF-8",
            String.format("the byte 0x%02x", chunk.utf8()[bytes.position()]),
            "save the text as UTF-8"));
    return null;
  }

  private boolean isFirstOfItsName(
      AccelerationPolicy policy, MapNode root, DocumentProblems found) {
    Node name = root.get("metadata") instanceof MapNode metadata ? metadata.get("name") : null;
    Node place = name == null ? root : name;
    Position first = names.putIfAbsent(policy.name(), place.position());
    if (first != null) {
      found.add(
          ProblemCode.DUPLICATE_NAME,
          place,
          "each name once",
          Quoted.of(policy.name()) + " again; line " + first.line() + " has it already",
          "rename one of them");
    }
    return first == null;
  }

  private static SourceMap sourceMap(Node root) {
    Map<String, Position> positions = new HashMap<>();
    collect(root, positions);
    return new SourceMap(positions);
  }

  private static void collect(Node node, Map<String, Position> positions) {
    positions.put(node.path().toString(), node.position());
    if (node instanceof ListNode list) {
      list.elements().forEach(element -> collect(element, positions));
    } else if (node instanceof MapNode map) {
      map.entries().forEach(entry -> collect(entry.value(), positions));
    }
  }
}
