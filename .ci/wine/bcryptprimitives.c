/*
 * The library bcryptprimitives.dll for wine 8, the version of Debian 12. The Go runtime
 * loads this library in each program, and wine 8 does not have it.
 *
 * The library exports ProcessPrng, which gives random bytes to the Go runtime.
 *
 * The library also corrects two functions of wine:
 *
 * - The Go functions that delete and rename files below an os.Root call
 *   NtSetInformationFile with the newest information classes. Windows versions before
 *   1607 answer STATUS_INVALID_INFO_CLASS to unknown classes, and Go then uses the older
 *   classes. Wine 8 does not know the newest classes either, but answers
 *   STATUS_NOT_IMPLEMENTED. Go has no case for this answer, so the removal of each
 *   temporary folder of a test would fail.
 * - CreateSymbolicLinkW of wine 8 returns success, but creates no link. The corrected
 *   function fails, as it does on Windows for a user without the right to create links.
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

static LONG NTAPI set_information_file(HANDLE file, void *io, void *data, ULONG size, ULONG class) {
  LONG status = original(file, io, data, size, class);
  if (status == STATUS_NOT_IMPLEMENTED &&
      (class == FILE_DISPOSITION_INFORMATION_EX || class == FILE_RENAME_INFORMATION_EX || class == FILE_LINK_INFORMATION_EX))
    return STATUS_INVALID_INFO_CLASS;
  return status;
}

static BOOLEAN WINAPI create_symbolic_link(LPCWSTR link, LPCWSTR target, DWORD flags) {
  SetLastError(ERROR_PRIVILEGE_NOT_HELD);
  return FALSE;
}

/* Replaces the start of a function by a jump. */
static BOOL replace(BYTE *function, void *target) {
  BYTE jump[JUMP_SIZE] = {0x48, 0xb8, [10] = 0xff, [11] = 0xe0}; /* mov rax, ADDRESS; jmp rax */
  DWORD old;
  memcpy(jump + 2, &target, sizeof target);
  if (!function || !VirtualProtect(function, JUMP_SIZE, PAGE_EXECUTE_READWRITE, &old)) return FALSE;
  memcpy(function, jump, JUMP_SIZE);
  return VirtualProtect(function, JUMP_SIZE, old, &old);
}

static BYTE *find(const char *library, const char *function) {
  return (BYTE *)GetProcAddress(GetModuleHandleA(library), function);
}

/* Keeps a copy of the system call, because the replacement calls it. */
static BOOL replace_set_information(void) {
  static const BYTE start[] = {0x4c, 0x8b, 0xd1, 0xb8}; /* mov r10, rcx; mov eax, NUMBER */
  BYTE *call = find("ntdll.dll", "NtSetInformationFile");
  BYTE *copy = VirtualAlloc(NULL, CALL_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
  if (!call || !copy || memcmp(call, start, sizeof start)) return FALSE;
  memcpy(copy, call, CALL_SIZE);
  original = (set_information)copy;
  return replace(call, (void *)set_information_file);
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, LPVOID reserved) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  return replace_set_information() && replace(find("kernelbase.dll", "CreateSymbolicLinkW"), (void *)create_symbolic_link);
}
