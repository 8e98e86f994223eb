export { KafkaAssignment, type KafkaAssignmentOptions } from './group/kafka-assignment.ts';
export { KafkaLog, type KafkaLogOptions } from './kafka-log.ts';
export {
  type Compression,
  type KafkaSettings,
  kafkaBrokers,
  kafkaSettingNames,
  kafkaSettingsFromEnvironment,
  type SaslMechanism,
  type SaslSettings,
  type TlsSettings,
} from './kafka-settings.ts';
