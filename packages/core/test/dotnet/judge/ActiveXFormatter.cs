// ActiveXMessageFormatter of System.Messaging: the body type and the bytes of each type that it knows.
using System;
using System.Collections.Generic;
using System.Text;

public static class ActiveXFormatter
{
    delegate byte[] Writer(object value);
    delegate object Reader(byte[] body);

    struct Written
    {
        public int BodyType;
        public Writer Write;
    }

    static Written As(int bodyType, Writer write) => new Written { BodyType = bodyType, Write = write };

    static readonly Dictionary<Type, Written> writers = new Dictionary<Type, Written>
    {
        { typeof(string), As(31, value => Encoding.Unicode.GetBytes((string)value)) },
        { typeof(byte[]), As(4113, value => (byte[])value) },
        { typeof(bool), As(11, value => new[] { (bool)value ? (byte)0xff : (byte)0 }) },
        { typeof(byte), As(17, value => new[] { (byte)value }) },
        { typeof(char), As(18, value => BitConverter.GetBytes((char)value)) },
        { typeof(short), As(2, value => BitConverter.GetBytes((short)value)) },
        { typeof(ushort), As(18, value => BitConverter.GetBytes((ushort)value)) },
        { typeof(int), As(3, value => BitConverter.GetBytes((int)value)) },
        { typeof(uint), As(19, value => BitConverter.GetBytes((uint)value)) },
        { typeof(long), As(20, value => BitConverter.GetBytes((long)value)) },
        { typeof(ulong), As(21, value => BitConverter.GetBytes((ulong)value)) },
        { typeof(float), As(4, value => BitConverter.GetBytes((float)value)) },
        { typeof(double), As(5, value => BitConverter.GetBytes((double)value)) },
        { typeof(decimal), As(6, value => BitConverter.GetBytes(decimal.ToOACurrency((decimal)value))) },
        { typeof(DateTime), As(7, value => BitConverter.GetBytes(((DateTime)value).Ticks)) },
    };

    static readonly Dictionary<int, Reader> readers = new Dictionary<int, Reader>
    {
        { 1, body => null },
        { 2, body => BitConverter.ToInt16(AtLeast(2, body), 0) },
        { 3, body => BitConverter.ToInt32(AtLeast(4, body), 0) },
        { 4, body => BitConverter.ToSingle(AtLeast(4, body), 0) },
        { 5, body => BitConverter.ToDouble(AtLeast(8, body), 0) },
        { 6, body => decimal.FromOACurrency(BitConverter.ToInt64(AtLeast(8, body), 0)) },
        { 7, body => new DateTime(BitConverter.ToInt64(AtLeast(8, body), 0)) },
        { 8, body => Wide(body) },
        { 11, body => AtLeast(1, body)[0] != 0 },
        { 16, body => AtLeast(1, body)[0] },
        { 17, body => AtLeast(1, body)[0] },
        { 18, body => BitConverter.ToUInt16(AtLeast(2, body), 0) },
        { 19, body => BitConverter.ToUInt32(AtLeast(4, body), 0) },
        { 20, body => BitConverter.ToInt64(AtLeast(8, body), 0) },
        { 21, body => BitConverter.ToUInt64(AtLeast(8, body), 0) },
        { 30, body => Encoding.ASCII.GetString(body) },
        { 31, body => Wide(body) },
        { 72, body => new Guid(Exactly(16, body)) },
        { 4113, body => body },
    };

    // What is too short is read as if zeros followed.
    static byte[] AtLeast(int size, byte[] body)
    {
        if (body.Length >= size) return body;
        var padded = new byte[size];
        Array.Copy(body, padded, body.Length);
        return padded;
    }

    static byte[] Exactly(int size, byte[] body)
    {
        var whole = AtLeast(size, body);
        Array.Resize(ref whole, size);
        return whole;
    }

    static string Wide(byte[] body) => Encoding.Unicode.GetString(body, 0, body.Length & ~1);

    public static byte[] Write(object value, out int bodyType)
    {
        bodyType = 1;
        if (value == null) return new byte[0];
        Written written;
        if (!writers.TryGetValue(value.GetType(), out written))
            throw new InvalidOperationException("Cannot serialize the object because its type is not supported.");
        bodyType = written.BodyType;
        return written.Write(value);
    }

    public static object Read(int bodyType, byte[] body)
    {
        Reader read;
        if (!readers.TryGetValue(bodyType, out read))
            throw new InvalidOperationException("Cannot recognize the serialization format.");
        return read(body);
    }
}
