package millrace.bench;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.state.DslStoreSuppliers;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/** The four jobs; pipelines.mjs has the same ones as pipeline documents. */
final class Jobs {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final Duration GRACE = Duration.ofSeconds(4);
  private static final Duration RETENTION = Duration.ofSeconds(60);

  private Jobs() {}

  static Topology build(String job, String input, String table, String output, boolean inMemory) {
    StreamsBuilder builder = new StreamsBuilder();
    switch (job) {
      case "pass-through" -> builder
          .stream(input, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
          .to(output, Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
      case "map" -> bids(builder, input)
          .mapValues(bid -> new Results.EuroBid(bid.auction, bid.bidder, 0.908 * bid.price, bid.dateTime, bid.extra))
          .to(output, Produced.with(Serdes.String(), new JsonSerde<>(Results.EuroBid.class)));
      case "count" -> bids(builder, input)
          .filter((key, bid) -> bid.price > 100)
          .mapValues(bid -> new Results.SmallBid(bid.auction, bid.price, bid.price > 5000))
          .filter((key, bid) -> bid.price() < 9000)
          .groupByKey(Grouped.with(Serdes.String(), new JsonSerde<>(Results.SmallBid.class)))
          .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
          .count(
              Materialized.<String, Long, WindowStore<Bytes, byte[]>>as(suppliers(inMemory))
                  .withKeySerde(Serdes.String())
                  .withValueSerde(Serdes.Long())
                  .withRetention(RETENTION)
                  .withCachingDisabled())
          .toStream(Jobs::keyOf)
          .mapValues(Results.Count::new)
          .to(output, Produced.with(Serdes.String(), new JsonSerde<>(Results.Count.class)));
      case "join" -> bids(builder, input)
          .join(
              builder.table(
                  table,
                  Consumed.with(Serdes.String(), new JsonSerde<>(Auction.class)),
                  Materialized.<String, Auction, KeyValueStore<Bytes, byte[]>>as(suppliers(inMemory)).withCachingDisabled()),
              (bid, auction) -> new Results.BidOnItem(bid.auction, bid.price, auction.item, auction.seller),
              Joined.with(Serdes.String(), new JsonSerde<>(Bid.class), new JsonSerde<>(Auction.class)))
          .to(output, Produced.with(Serdes.String(), new JsonSerde<>(Results.BidOnItem.class)));
      default -> throw new IllegalArgumentException("There is no job " + job);
    }
    return builder.build();
  }

  private static KStream<String, Bid> bids(StreamsBuilder builder, String input) {
    return builder.stream(input, Consumed.with(Serdes.String(), new JsonSerde<>(Bid.class)));
  }

  private static DslStoreSuppliers suppliers(boolean inMemory) {
    return inMemory
        ? new BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers()
        : new BuiltInDslStoreSuppliers.RocksDBDslStoreSuppliers();
  }

  private static String keyOf(Windowed<String> windowed, Long count) {
    return "{\"end\":"
        + windowed.window().end()
        + ",\"key\":\""
        + windowed.key()
        + "\",\"start\":"
        + windowed.window().start()
        + "}";
  }
}
