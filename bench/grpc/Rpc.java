import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;

/**
 * The app and the client of the benchmark's gRPC cells; messages are plain bytes.
 *
 * <pre>
 * Rpc server PORT
 * Rpc client PORT unary|stream SIZE CONNECTIONS
 * </pre>
 *
 * The client answers each line "run MILLISECONDS" with one line of JSON. Every connection is a channel with one call under way: unary calls one after the
 * other, or a stream that the server fills as fast as flow control lets it.
 */
public final class Rpc {

  private static final MethodDescriptor<byte[], byte[]> UNARY = method(MethodType.UNARY, "Unary");
  private static final MethodDescriptor<byte[], byte[]> STREAM =
      method(MethodType.SERVER_STREAMING, "Stream");

  private Rpc() {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("server")) {
      serve(Integer.parseInt(args[1]));
    } else {
      drive(
          Integer.parseInt(args[1]),
          args[2].equals("stream"),
          Integer.parseInt(args[3]),
          Integer.parseInt(args[4]));
    }
  }

  private static void serve(int port) throws Exception {
    BindableService service =
        () ->
            ServerServiceDefinition.builder("bench.Rpc")
                .addMethod(UNARY, ServerCalls.asyncUnaryCall(Rpc::answer))
                .addMethod(STREAM, ServerCalls.asyncServerStreamingCall(Rpc::pour))
                .build();
    NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
        .directExecutor()
        .addService(service)
        .build()
        .start()
        .awaitTermination();
  }

  private static void answer(byte[] request, StreamObserver<byte[]> reply) {
    reply.onNext(request);
    reply.onCompleted();
  }

  /** Sends the request again and again whenever there is room, until the client cancels. */
  private static void pour(byte[] request, StreamObserver<byte[]> reply) {
    var call = (ServerCallStreamObserver<byte[]>) reply;
    call.setOnCancelHandler(() -> {});
    call.setOnReadyHandler(
        () -> {
          while (call.isReady() && !call.isCancelled()) {
            call.onNext(request);
          }
        });
  }

  private static void drive(int port, boolean stream, int size, int connections)
      throws Exception {
    var channels = new ArrayList<ManagedChannel>();
    for (int i = 0; i < connections; i++) {
      channels.add(
          NettyChannelBuilder.forAddress("127.0.0.1", port)
              .usePlaintext()
              .directExecutor()
              .build());
    }
    byte[] message = new byte[size];
    Arrays.fill(message, (byte) 'x');
    var input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      long nanos = Long.parseLong(line.substring("run ".length())) * 1_000_000;
      System.out.println(run(channels, stream, message, nanos));
    }
    System.exit(0);
  }

  private static String run(
      List<ManagedChannel> channels, boolean stream, byte[] message, long nanos)
      throws Exception {
    var pool = Executors.newFixedThreadPool(channels.size());
    long start = System.nanoTime();
    var tasks = new ArrayList<java.util.concurrent.Callable<Tally>>();
    for (ManagedChannel channel : channels) {
      tasks.add(
          () ->
              stream
                  ? receive(channel, message, start + nanos)
                  : ask(channel, message, start + nanos));
    }
    var all = new Tally();
    for (var tally : pool.invokeAll(tasks)) {
      all.add(tally.get());
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    pool.shutdown();
    return all.json(seconds, (stream ? 1L : 2L) * message.length);
  }

  private static Tally ask(ManagedChannel channel, byte[] message, long end) {
    var tally = new Tally();
    for (long began = System.nanoTime(); began < end; began = System.nanoTime()) {
      try {
        byte[] reply =
            ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, message);
        tally.note(reply.length == message.length, System.nanoTime() - began);
      } catch (RuntimeException e) {
        tally.note(false, 0);
      }
    }
    return tally;
  }

  private static Tally receive(ManagedChannel channel, byte[] message, long end)
      throws Exception {
    var tally = new Tally();
    try (var context = Context.current().withCancellation()) {
      context.call(
          () -> {
            var messages =
                ClientCalls.blockingServerStreamingCall(
                    channel, STREAM, CallOptions.DEFAULT, message);
            while (System.nanoTime() < end) {
              tally.note(messages.next().length == message.length, 0);
            }
            return null;
          });
    }
    return tally;
  }

  private static final class Tally {
    private final List<long[]> latencies = new ArrayList<>();
    private int used = 1 << 16;
    private long operations;
    private long failures;

    void note(boolean good, long nanos) {
      if (!good) {
        failures++;
        return;
      }
      operations++;
      if (nanos > 0) {
        if (used == 1 << 16) {
          latencies.add(new long[1 << 16]);
          used = 0;
        }
        latencies.get(latencies.size() - 1)[used++] = nanos;
      }
    }

    void add(Tally other) {
      operations += other.operations;
      failures += other.failures;
      latencies.addAll(other.latencies);
    }

    String json(double seconds, long bytesEach) {
      long[] sorted =
          latencies.stream().flatMapToLong(Arrays::stream).filter(n -> n > 0).sorted().toArray();
      String percentiles =
          sorted.length == 0
              ? ""
              : String.format(
                  Locale.ROOT,
                  ", \"p50_us\": %.1f, \"p99_us\": %.1f",
                  sorted[sorted.length / 2] / 1e3,
                  sorted[(int) (sorted.length * 0.99)] / 1e3);
      return String.format(
          Locale.ROOT,
          "{\"operations\": %d, \"bytes\": %d, \"seconds\": %.6f, \"failures\": %d%s}",
          operations,
          operations * bytesEach,
          seconds,
          failures,
          percentiles);
    }
  }

  private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
    return MethodDescriptor.<byte[], byte[]>newBuilder(new Bytes(), new Bytes())
        .setType(type)
        .setFullMethodName("bench.Rpc/" + name)
        .build();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
