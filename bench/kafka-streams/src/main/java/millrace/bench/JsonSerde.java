package millrace.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** Plain Jackson with a reader and a writer made once for the type, as a careful program does it. */
final class JsonSerde<T> implements Serde<T> {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private final ObjectReader reader;
  private final ObjectWriter writer;

  JsonSerde(Class<T> type) {
    reader = MAPPER.readerFor(type);
    writer = MAPPER.writerFor(type);
  }

  @Override
  public Serializer<T> serializer() {
    return (topic, value) -> {
      if (value == null) return null;
      try {
        return writer.writeValueAsBytes(value);
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    };
  }

  @Override
  public Deserializer<T> deserializer() {
    return (topic, bytes) -> {
      if (bytes == null) return null;
      try {
        return reader.readValue(bytes);
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    };
  }
}
