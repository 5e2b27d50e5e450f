// SPDX-License-Identifier: MIT
//
// Numbers of the pcapng format (draft-ietf-opsawg-pcapng), for its writer and its reader.
#ifndef BERTH_DEVICES_PCAPNG_FORMAT_H
#define BERTH_DEVICES_PCAPNG_FORMAT_H

#define PCAPNG_BLOCK_SECTION 0x0a0d0d0au // reads the same in both byte orders
#define PCAPNG_BLOCK_INTERFACE 1u
#define PCAPNG_BLOCK_SIMPLE_PACKET 3u
#define PCAPNG_BLOCK_ENHANCED_PACKET 6u

#define PCAPNG_MAGIC 0x1a2b3c4du

#define PCAPNG_OPTION_END 0u
#define PCAPNG_OPTION_COMMENT 1u
#define PCAPNG_OPTION_IF_NAME 2u
#define PCAPNG_OPTION_IF_TSRESOL 9u
#define PCAPNG_OPTION_IF_TSOFFSET 14u
#define PCAPNG_OPTION_EPB_FLAGS 2u
#define PCAPNG_OPTION_SHB_APPLICATION 4u

#define PCAPNG_TSRESOL_NS 9u
#define PCAPNG_FLAGS_DIRECTION 3u // the two lowest bits: 1 inbound, 2 outbound

#endif
