package millrace.bench;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/** Runs one job until it is told to end. Arguments: name=value. */
public final class RunJob {
  private RunJob() {}

  public static void main(String[] args) throws InterruptedException {
    Map<String, String> options = new HashMap<>();
    for (String arg : args) options.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));

    Properties config = new Properties();
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("brokers"));
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("application"));
    config.put(StreamsConfig.STATE_DIR_CONFIG, options.get("state"));
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.get("threads"));
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.get("commitIntervalMs"));
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
    config.put(
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
        options.get("guarantee").equals("exactly-once") ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    config.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), options.get("lingerMs"));
    config.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), options.get("batchBytes"));
    config.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), options.get("compression"));

    KafkaStreams streams =
        new KafkaStreams(
            Jobs.build(
                options.get("job"),
                options.get("input"),
                options.get("table"),
                options.get("output"),
                options.get("store").equals("memory")),
            config);
    CountDownLatch end = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return null;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      streams.close();
      end.countDown();
    }));
    streams.start();
    end.await();
  }
}
