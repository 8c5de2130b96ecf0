/** Numbers of PTP (ISO 15740) and MTP 1.1 that an unloading needs. There is no code for deleting anything. */

export const OPERATION = {
  getDeviceInfo: 0x1001,
  openSession: 0x1002,
  closeSession: 0x1003,
  getStorageIds: 0x1004,
  getStorageInfo: 0x1005,
  getObjectHandles: 0x1007,
  getObjectInfo: 0x1008,
  getObject: 0x1009,
  sendObjectInfo: 0x100c,
  sendObject: 0x100d,
  getDevicePropValue: 0x1015,
  getPartialObject: 0x101b,
  /** Android's own: 64-bit offset. */
  getPartialObject64: 0x95c1,
  getObjectPropValue: 0x9803,
  getObjectPropList: 0x9805,
} as const;

export const RESPONSE = {
  ok: 0x2001,
  generalError: 0x2002,
  sessionNotOpen: 0x2003,
  /** The tablet counts transactions otherwise: it is in a session that somebody else began. */
  invalidTransaction: 0x2004,
  invalidStorage: 0x2008,
  /** The object is not there any more. */
  invalidObject: 0x2009,
  storeFull: 0x200c,
  objectWriteProtected: 0x200d,
  storeReadOnly: 0x200e,
  accessDenied: 0x200f,
  storeNotAvailable: 0x2013,
  deviceBusy: 0x2019,
  sessionAlreadyOpen: 0x201e,
} as const;

export const FORMAT = { undefined: 0x3000, association: 0x3001 } as const;

export const OBJECT_PROP = { format: 0xdc02, size: 0xdc04, fileName: 0xdc07 } as const;

export const DEVICE_PROP = { dateTime: 0x5011 } as const;

/** Data types of properties (MTP 1.1, 3.2). */
export const TYPE = { uint16: 0x0004, uint32: 0x0006, uint64: 0x0008, string: 0xffff } as const;

/** As a parent: objects that lie in no folder. */
export const ROOT = 0xffffffff;
