package millrace.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What belongs to neither side: topics, the input, the watch over a run, the comparison of outputs. Reads a command a line
 * from the standard input, JSON, and answers each with one line.
 */
public final class Bench {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long START_MS = 1_767_603_600_000L;
  private static final int AUCTIONS = 10_000;
  private static final String[] CHANNELS = {"Google", "Facebook", "Baidu", "Apple"};

  private final String brokers;
  private final Admin admin;

  private Bench(String brokers) {
    this.brokers = brokers;
    admin = Admin.create(Map.of("bootstrap.servers", brokers));
  }

  public static void main(String[] args) throws Exception {
    Bench bench = new Bench(args[0]);
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      Map<String, Object> answer = new LinkedHashMap<>();
      try {
        bench.obey(JSON.readTree(line), answer);
      } catch (Exception error) {
        answer.put("error", error.toString());
      }
      System.out.println(JSON.writeValueAsString(answer));
      System.out.flush();
    }
    bench.admin.close();
  }

  private void obey(JsonNode command, Map<String, Object> answer) throws Exception {
    switch (command.get("do").asText()) {
      case "create" -> create(command.get("topic").asText(), command.get("partitions").asInt());
      case "delete" -> delete(command.get("prefix").asText());
      case "fill-bids" -> fillBids(command.get("topic").asText(), command.get("records").asInt(), command.get("seed").asLong());
      case "fill-auctions" -> fillAuctions(command.get("topic").asText());
      case "watch" -> watch(
          command.get("group").asText(), command.get("input").asText(), command.get("output").asText(),
          command.get("limitMs").asLong(), answer);
      case "compare" -> compare(command.get("left").asText(), command.get("right").asText(), answer);
      default -> throw new IllegalArgumentException("no such command");
    }
  }

  private void create(String topic, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(Map.of("retention.ms", "-1")))).all().get();
    // The answer comes before every broker knows.
    while (!admin.listTopics().names().get().contains(topic)) Thread.sleep(20);
  }

  private void delete(String prefix) throws Exception {
    Collection<String> topics = admin.listTopics().names().get().stream().filter(name -> name.startsWith(prefix)).toList();
    admin.deleteTopics(topics).all().get();
  }

  /** Nexmark's bids in the proportions of its generator: half of them on a few hot auctions. Seeded: the same bytes each time. */
  private void fillBids(String topic, int records, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      StringBuilder json = new StringBuilder(256);
      for (int i = 0; i < records; i++) {
        long auction = 1000 + (random.nextInt(2) == 0 ? random.nextInt(100) : random.nextInt(AUCTIONS));
        long timestamp = START_MS + i - (random.nextInt(20) == 0 ? random.nextInt(2000) : 0);
        json.setLength(0);
        json.append("{\"auction\":").append(auction);
        json.append(",\"bidder\":").append(1000 + random.nextInt(100_000));
        json.append(",\"price\":").append(1 + random.nextInt(10_000));
        json.append(",\"channel\":\"").append(CHANNELS[random.nextInt(CHANNELS.length)]);
        json.append("\",\"url\":\"https://www.nexmark.com/item.htm?query=1&channel_id=").append(random.nextInt(1_000_000));
        json.append("\",\"dateTime\":").append(timestamp).append(",\"extra\":\"");
        while (json.length() < 184) json.append((char) ('a' + random.nextInt(26)));
        json.append("\"}");
        producer.send(
            new ProducerRecord<>(topic, null, timestamp, bytes(Long.toString(auction)), bytes(json.toString())));
      }
      producer.flush();
    }
  }

  /** All rows are older than any bid, so that every right program joins the same pairs. */
  private void fillAuctions(String topic) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < AUCTIONS; i++) {
        long id = 1000 + i;
        String json = "{\"id\":" + id + ",\"item\":\"item-" + id + "\",\"seller\":" + (id % 977) + "}";
        producer.send(new ProducerRecord<>(topic, null, START_MS - 1_000_000, bytes(Long.toString(id)), bytes(json)));
      }
      producer.flush();
    }
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", brokers, "linger.ms", 20, "batch.size", 262_144, "acks", "1", "enable.idempotence", false),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Answers when the group has committed all of the input: when the first result could be read, and when all was done. */
  private void watch(String group, String input, String output, long limitMs, Map<String, Object> answer) throws Exception {
    long inputRecords = sum(latest(input, IsolationLevel.READ_UNCOMMITTED));
    long giveUpMs = System.currentTimeMillis() + limitMs;
    long firstMs = 0;
    for (;;) {
      if (firstMs == 0 && sum(latest(output, IsolationLevel.READ_COMMITTED)) > 0) firstMs = System.currentTimeMillis();
      if (firstMs > 0 && committed(group, input) >= inputRecords) break;
      if (System.currentTimeMillis() > giveUpMs)
        throw new IllegalStateException(
            committed(group, input) + " of " + inputRecords + " records were done within " + limitMs + " ms");
      Thread.sleep(firstMs == 0 ? 5 : 20);
    }
    answer.put("firstMs", firstMs);
    answer.put("doneMs", System.currentTimeMillis());
  }

  private long committed(String group, String topic) throws InterruptedException {
    try {
      long records = 0;
      for (Map.Entry<TopicPartition, OffsetAndMetadata> entry :
          admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet()) {
        if (entry.getKey().topic().equals(topic) && entry.getValue() != null) records += entry.getValue().offset();
      }
      return records;
    } catch (ExecutionException notYet) {
      return 0;
    }
  }

  private Map<TopicPartition, Long> latest(String topic, IsolationLevel isolation) throws Exception {
    int partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (int i = 0; i < partitions; i++) wanted.put(new TopicPartition(topic, i), OffsetSpec.latest());
    Map<TopicPartition, Long> offsets = new HashMap<>();
    for (Map.Entry<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> entry :
        admin.listOffsets(wanted, new ListOffsetsOptions(isolation)).all().get().entrySet())
      offsets.put(entry.getKey(), entry.getValue().offset());
    return offsets;
  }

  private static long sum(Map<TopicPartition, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Record for record within each key: value, timestamp and order. Numbers and the order of properties are JSON's business. */
  private void compare(String left, String right, Map<String, Object> answer) throws Exception {
    Map<String, List<Long>> one = digests(left);
    Map<String, List<Long>> other = digests(right);
    List<String> differences = new ArrayList<>();
    for (String key : one.keySet()) {
      List<Long> a = one.get(key);
      List<Long> b = other.getOrDefault(key, List.of());
      if (!a.equals(b)) {
        int at = 0;
        while (at < Math.min(a.size(), b.size()) && a.get(at).equals(b.get(at))) at++;
        differences.add("key " + key + ": " + a.size() + " and " + b.size() + " records, the same up to number " + at);
      }
    }
    for (String key : other.keySet()) if (!one.containsKey(key)) differences.add("key " + key + " only in " + right);
    answer.put("keys", one.size());
    answer.put("records", one.values().stream().mapToLong(List::size).sum());
    answer.put("differences", differences.size());
    answer.put("examples", differences.subList(0, Math.min(5, differences.size())));
  }

  private Map<String, List<Long>> digests(String topic) throws Exception {
    Map<TopicPartition, Long> ends = latest(topic, IsolationLevel.READ_COMMITTED);
    Map<String, List<Long>> digests = new HashMap<>();
    ObjectMapper canonical = new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", brokers, "isolation.level", "read_committed", "max.poll.records", 5000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(ends.keySet());
      consumer.seekToBeginning(ends.keySet());
      while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          String key = text(record.key());
          Object value = record.value() == null ? null : canonical.readValue(record.value(), Object.class);
          String line = record.timestamp() + " " + canonical.writeValueAsString(sorted(canonical, key)) + " "
              + canonical.writeValueAsString(value instanceof Map<?, ?> map ? plain(map) : value);
          digests.computeIfAbsent(canonical.writeValueAsString(sorted(canonical, key)), absent -> new ArrayList<>()).add(hash(line));
        }
      }
    }
    return digests;
  }

  /** A key that is a JSON object has no order of properties either. */
  private static Object sorted(ObjectMapper mapper, String key) {
    if (!key.startsWith("{")) return key;
    try {
      return plain(mapper.readValue(key, Map.class));
    } catch (Exception notJson) {
      return key;
    }
  }

  /** 3 and 3.0 are the same number. */
  private static Map<String, Object> plain(Map<?, ?> map) {
    Map<String, Object> plain = new TreeMap<>();
    map.forEach((name, value) -> plain.put(String.valueOf(name), value instanceof Number number ? number.doubleValue() : value));
    return plain;
  }

  private static String text(byte[] key) {
    return Optional.ofNullable(key).map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
  }

  private static long hash(String line) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < line.length(); i++) hash = (hash ^ line.charAt(i)) * 0x100000001b3L;
    return hash;
  }
}
