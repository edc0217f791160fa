using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

/// <summary>PROPVARIANT on x64.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
struct Variant
{
    [FieldOffset(0)] public ushort Type;
    [FieldOffset(8)] public ulong Number;
    [FieldOffset(8)] public uint Count;
    [FieldOffset(8)] public IntPtr Pointer;
    [FieldOffset(16)] public IntPtr Items;
}

/// <summary>VARTYPEs that the properties of Message Queuing have.</summary>
static class VariantType
{
    public const ushort Null = 1, I2 = 2, I4 = 3, UI1 = 17, UI2 = 18, UI4 = 19, UI8 = 21, Text = 31, Guid = 72, Bytes = 0x1011;

    /// <summary>Returns the size of a number in bytes, or 0 for what is none.</summary>
    public static int SizeOf(ushort type)
    {
        switch (type)
        {
            case UI1: return 1;
            case I2: case UI2: return 2;
            case I4: case UI4: return 4;
            case UI8: return 8;
            default: return 0;
        }
    }
}

/// <summary>MQMSGPROPS, MQQUEUEPROPS and MQQMPROPS, which are alike, with the memory behind them.</summary>
sealed class PropertyBag : IDisposable
{
    readonly List<uint> ids = new List<uint>();
    readonly List<Variant> values = new List<Variant>();
    readonly List<IntPtr> memory = new List<IntPtr>();
    IntPtr variants, status;

    public int Count { get { return ids.Count; } }

    public uint Id(int index) { return ids[index]; }

    IntPtr Allocate(int size)
    {
        var block = Marshal.AllocHGlobal(Math.Max(size, 1));
        for (var at = 0; at < size; at++) Marshal.WriteByte(block, at, 0);
        memory.Add(block);
        return block;
    }

    IntPtr Copy(byte[] bytes, int extra)
    {
        var block = Allocate(bytes.Length + extra);
        Marshal.Copy(bytes, 0, block, bytes.Length);
        return block;
    }

    void Add(uint id, Variant value)
    {
        ids.Add(id);
        values.Add(value);
    }

    /// <summary>Adds a property with a value: bytes in the order of the memory, those of a text without its end.</summary>
    public void Set(uint id, ushort type, byte[] bytes)
    {
        var value = new Variant { Type = type };
        if (type == VariantType.Bytes)
        {
            value.Count = (uint)bytes.Length;
            value.Items = Copy(bytes, 0);
        }
        else if (type == VariantType.Text) value.Pointer = Copy(bytes, 2);
        else if (type == VariantType.Guid) value.Pointer = Copy(bytes, 0);
        else
        {
            var whole = new byte[8];
            bytes.CopyTo(whole, 0);
            value.Number = BitConverter.ToUInt64(whole, 0);
        }
        Add(id, value);
    }

    /// <summary>Adds a property to be filled in: a number, or a buffer of so many bytes or characters.</summary>
    public void Ask(uint id, ushort type, int room)
    {
        var value = new Variant { Type = type };
        if (type == VariantType.Bytes)
        {
            value.Count = (uint)room;
            value.Items = Allocate(room);
        }
        else if (type == VariantType.Text) value.Pointer = Allocate(2 * room);
        else if (type == VariantType.Guid) value.Pointer = Allocate(16);
        else value.Number = (ulong)room;
        Add(id, value);
    }

    /// <summary>Returns the structure to pass to a function. Nothing is added any more.</summary>
    public IntPtr Build()
    {
        var size = Marshal.SizeOf(typeof(Variant));
        var idBlock = Allocate(4 * ids.Count);
        variants = Allocate(size * ids.Count);
        status = Allocate(4 * ids.Count);
        for (var at = 0; at < ids.Count; at++)
        {
            Marshal.WriteInt32(idBlock, 4 * at, (int)ids[at]);
            Marshal.StructureToPtr(values[at], variants + size * at, false);
        }
        var structure = Allocate(32);
        Marshal.WriteInt32(structure, ids.Count);
        Marshal.WriteIntPtr(structure, 8, idBlock);
        Marshal.WriteIntPtr(structure, 16, variants);
        Marshal.WriteIntPtr(structure, 24, status);
        return structure;
    }

    /// <summary>Returns a value as the function left it.</summary>
    public Variant this[int index]
    {
        get { return (Variant)Marshal.PtrToStructure(variants + Marshal.SizeOf(typeof(Variant)) * index, typeof(Variant)); }
    }

    public uint Status(int index) { return (uint)Marshal.ReadInt32(status, 4 * index); }

    /// <summary>Returns the bytes of a value; `length` in bytes or characters, for what has a length of its own.</summary>
    public byte[] Bytes(int index, int length)
    {
        var value = this[index];
        var size = VariantType.SizeOf(value.Type);
        if (size > 0)
        {
            var number = new byte[size];
            Array.Copy(BitConverter.GetBytes(value.Number), number, size);
            return number;
        }
        var isText = value.Type == VariantType.Text;
        var bytes = new byte[value.Type == VariantType.Guid ? 16 : isText ? 2 * length : length];
        Marshal.Copy(value.Type == VariantType.Bytes ? value.Items : value.Pointer, bytes, 0, bytes.Length);
        return bytes;
    }

    public void Dispose()
    {
        foreach (var block in memory) Marshal.FreeHGlobal(block);
        memory.Clear();
    }
}
