/*
 * The library bcryptprimitives.dll for wine 8, the version of Debian 12. The Go runtime
 * loads this library in each program, and wine 8 does not have it.
 *
 * The library exports ProcessPrng, which gives random bytes to the Go runtime.
 *
 * The library also corrects one status code of wine. The Go functions that delete and
 * rename files below an os.Root call NtSetInformationFile with the newest information
 * classes. Windows versions before 1607 answer STATUS_INVALID_INFO_CLASS to unknown
 * classes, and Go then uses the older classes. Wine 8 does not know the newest classes
 * either, but answers STATUS_NOT_IMPLEMENTED. Go has no case for this answer, so
 * without the correction, the removal of each temporary folder of a test fails.
 */
#include <string.h>
#include <windows.h>

#define STATUS_NOT_IMPLEMENTED ((LONG)0xC0000002)
#define STATUS_INVALID_INFO_CLASS ((LONG)0xC0000003)

/* Information classes of NtSetInformationFile (ntifs.h). */
enum { FILE_DISPOSITION_INFORMATION_EX = 64, FILE_RENAME_INFORMATION_EX = 65, FILE_LINK_INFORMATION_EX = 72 };

/* A system call of wine's ntdll has 32 bytes, and its code works at each address. */
enum { CALL_SIZE = 32, JUMP_SIZE = 12 };

typedef LONG(NTAPI *set_information)(HANDLE, void *, void *, ULONG, ULONG);
static set_information original;

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }

static LONG NTAPI corrected(HANDLE file, void *io, void *data, ULONG size, ULONG class) {
  LONG status = original(file, io, data, size, class);
  if (status == STATUS_NOT_IMPLEMENTED &&
      (class == FILE_DISPOSITION_INFORMATION_EX || class == FILE_RENAME_INFORMATION_EX || class == FILE_LINK_INFORMATION_EX))
    return STATUS_INVALID_INFO_CLASS;
  return status;
}

/* Copies the system call, and replaces its start by a jump to the function corrected. */
static BOOL correct(void) {
  static const BYTE start[] = {0x4c, 0x8b, 0xd1, 0xb8}; /* mov r10, rcx; mov eax, NUMBER */
  BYTE jump[JUMP_SIZE] = {0x48, 0xb8, [10] = 0xff, [11] = 0xe0}; /* mov rax, ADDRESS; jmp rax */
  void *target = (void *)corrected;
  BYTE *call = (BYTE *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtSetInformationFile");
  BYTE *copy = VirtualAlloc(NULL, CALL_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
  DWORD old;
  if (!call || !copy || memcmp(call, start, sizeof start)) return FALSE;
  memcpy(copy, call, CALL_SIZE);
  original = (set_information)copy;
  memcpy(jump + 2, &target, sizeof target);
  if (!VirtualProtect(call, JUMP_SIZE, PAGE_EXECUTE_READWRITE, &old)) return FALSE;
  memcpy(call, jump, JUMP_SIZE);
  return VirtualProtect(call, JUMP_SIZE, old, &old);
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, LPVOID reserved) { return reason != DLL_PROCESS_ATTACH || correct(); }
