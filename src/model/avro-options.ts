/** How the Avro file of a backup is written. */

/** The codecs of Avro 1.11 that rowferry knows: deflate every reader must know, zstandard many refuse. */
export const CODECS = ['deflate', 'zstandard', 'null'] as const;
export type Codec = (typeof CODECS)[number];

/**
 * What the schema says of moments without a zone: `iceberg`, timestamp-micros with adjust-to-utc false, as Apache Iceberg
 * does; `standard`, local-timestamp-micros of Avro 1.10 and later. A restore goes by sqlType, whichever it is.
 */
export const PROFILES = ['iceberg', 'standard'] as const;
export type Profile = (typeof PROFILES)[number];

export interface AvroOptions {
  readonly codec: Codec;
  readonly profile: Profile;
}

export const USUAL_AVRO: AvroOptions = { codec: 'deflate', profile: 'iceberg' };
